"""A style with captioned pictures, put there the way the page does: tickets from the studio, files straight to S3."""

import io

import requests
from PIL import Image

SIZES = [(512, 512), (768, 512), (512, 768), (640, 448)]


def names(count):
    """Names as people have them: spaces, capitals, parentheses, two extensions."""
    return [f"A Boy and a Girl_scene_{n} ({n % 3}).{'png' if n % 4 == 0 else 'jpg'}" for n in range(1, count + 1)]


def picture(number, name):
    file = io.BytesIO()
    image = Image.new("RGB", SIZES[number % len(SIZES)], (number * 12 % 256, 90, 160))
    image.save(file, "PNG" if name.endswith(".png") else "JPEG")
    return file.getvalue()


def stem(name):
    return name.rsplit(".", 1)[0]


def make_style(studio, title="Ink Storm", trigger="style SBai_style_1"):
    draft = {"title": title, "triggerWords": trigger}
    return studio.json("POST", "/api/styles", 201, json=draft)["style"]["id"]


def upload(studio, style, files):
    """Uploads `{filename: bytes}` through presigned tickets."""
    wanted = [{"filename": name, "sizeBytes": len(body)} for name, body in files.items()]
    tickets = studio.json("POST", f"/api/styles/{style}/uploads", json={"files": wanted})
    assert tickets["rejected"] == []
    assert [ticket["filename"] for ticket in tickets["uploads"]] == list(files)
    for ticket in tickets["uploads"]:
        answer = requests.request(ticket["method"], ticket["url"], headers=ticket["headers"], data=files[ticket["filename"]], timeout=30)
        assert answer.status_code == 200, answer.text


def captioned(count):
    """`{filename: bytes}` of pictures, each followed by its caption."""
    files = {}
    for number, name in enumerate(names(count)):
        files[name] = picture(number, name)
        files[f"{stem(name)}.txt"] = f"a quiet harbour, boat number {number}".encode()
    return files


def make_set(studio, style, filenames, **more):
    draft = {"filenames": filenames, **more}
    return studio.json("POST", f"/api/styles/{style}/selection-sets", 201, json=draft)["set"]["id"]


def ready_style(studio, images=3, **style):
    """A style whose set 1 can be trained; returns the style's and the set's id."""
    style_id = make_style(studio, **style)
    upload(studio, style_id, captioned(images))
    return style_id, make_set(studio, style_id, names(images))


def run(style, selection_set, name, **parameters):
    return {"styleId": style, "selectionSetId": selection_set, "name": name, "parameters": parameters}
