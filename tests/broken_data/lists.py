"""Lists that are not what they should be."""

from __future__ import annotations

from broken_data.kinds import fault


@fault
def list_is_missing(data):
    data.val.unlink()
    return "val.txt", "there is no such list file", "one `image label` pair a line"


@fault
def list_is_empty(data):
    data.val.write_text("\n\n")
    return "val.txt", "names no images", "one `image label` pair a line"


@fault
def list_is_utf16(data):
    data.train.write_text(data.train.read_text(), encoding="utf-16")
    return "train.txt:1", "is not UTF-8", "save the list as UTF-8"


@fault
def one_column(data):
    data.change(4, lambda line: line.split()[0])
    return "train.txt:5", "1 column instead of", "`separator`"


@fault
def commas(data):
    data.train.write_text(data.train.read_text().replace(" ", ","))
    return "train.txt", "a comma stands between the paths of all 8 lines", 'add `separator: ","`'


@fault
def blanks_in_a_name(data):
    data.image(1).rename(data.root / "images" / "my photo.jpg")
    data.change(1, lambda line: f"images/my photo.jpg {line.split()[1]}")
    return "train.txt:2", "3 columns", "names hold blanks"


@fault
def quotation_marks(data):
    data.change(3, lambda line: "'{}' '{}'".format(*line.split()))
    return "train.txt:4", "cannot be read: No such file", "leave the quotation marks out"


@fault
def backslashes(data):
    data.change(3, lambda line: line.replace("/", "\\"))
    return "train.txt:4", "cannot be read: No such file", "write / instead of \\"


@fault
def other_case(data):
    data.change(0, lambda line: line.replace("images/", "Images/").replace(".jpg", ".JPG"))
    return "train.txt:1", "Images/", "there is images/"


@fault
def other_suffix(data):
    data.change(0, lambda line: line.replace(".png", ".bmp"))
    return "train.txt:1", ".bmp: cannot be read", "there is masks/"


@fault
def root_in_every_line(data):
    data.write([" ".join(f"{data.root.name}/{path}" for path in line.split()) for line in data.lines()])
    return "train.txt:1", "cannot be read: No such file", f"leave {data.root.name}/ out of the lines"


@fault
def paths_of_another_machine(data):
    data.change(2, lambda line: " ".join(f"/home/ann/{path}" for path in line.split()))
    return "train.txt:3: /home/ann/images", "cannot be read", "write it relative to dataset_root"


@fault
def url(data):
    data.change(2, lambda line: f"https://example.org/a.jpg {line.split()[1]}")
    return "train.txt:3", "cannot be read: No such file", "download it first"


@fault
def leftover_of_windows(data):
    (data.root / "images" / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0" * 64)
    data.write([*data.lines(), f"images/Thumbs.db {data.lines()[0].split()[1]}"])
    return "train.txt:9", "Thumbs.db is no photo, but a leftover", "take the line out"


@fault
def leftover_of_macos(data):
    name = f"._{data.image(0).name}"
    (data.root / "images" / name).write_bytes(b"\x00\x05\x16\x07" * 64)
    data.write([*data.lines(), f"images/{name} {data.lines()[0].split()[1]}"])
    return "train.txt:9", "is no photo, but a leftover", "take the line out"


@fault
def columns_exchanged(data):
    data.write([" ".join(line.split()[::-1]) for line in data.lines()])
    return "train.txt:1", "names the label first, and then the image; and so for 7 more", "exchange the two columns"


@fault
def image_named_as_its_label(data):
    data.change(5, lambda line: f"{line.split()[0]} {line.split()[0]}")
    return "train.txt:6", "is named as image and as label", "the label's path in the second column"


@fault
def validation_pair_twice(data):
    data.write([*data.lines("val"), f"./{data.lines('val')[1]}"], "val")
    return "val.txt:3", "1 pair listed more than once", "take the others out"


@fault
def one_image_with_two_labels(data):
    data.write([*data.lines(), f"{data.lines()[0].split()[0]} {data.lines()[1].split()[1]}"])
    return "train.txt:9", "has 2 labels", "keep the line with the right one"
