"""A rehearsal leaves no files behind."""

from pathlib import Path

from rehearsal.folders import temporary_folder


def test_everything_goes_and_nothing_that_is_only_linked_to(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("kept")
    with temporary_folder("alex-test-") as folder:
        for name in ("a/b/c", "a/d", "e"):
            deep = folder / name
            deep.mkdir(parents=True)
            for number in range(3):
                (deep / f"{number}.txt").write_text("x")
        (folder / "a" / "link").symlink_to(outside, target_is_directory=True)
        (folder / "a" / "dangling").symlink_to(folder / "nowhere")
    assert not folder.exists()
    assert (outside / "kept.txt").read_text() == "kept"
