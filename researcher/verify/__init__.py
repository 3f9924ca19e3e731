"""Does the kept evidence prove what a report says?"""
