"""How long a style's images take to list: the system we succeed takes 1.1 to 1.4 s for 284 and blocks all else."""

import statistics

from studio_files import flat_png, photograph, put_all, session, style, timed

IMAGES, PHOTOGRAPHS = 284, 1000
COLD_STARTS, WARM_ASKS, THUMBNAILS = 5, 30, 24


def captioned(studio):
    """A style of captioned images with three sets; its id."""
    id_ = style(studio, "Bench")
    names = [f"input_{n:03} (1)_training" for n in range(IMAGES)]
    # a header of its own size with something behind it: the list reads the size, nothing decodes the rest
    put_all(studio, ((f"styles/{id_}/{name}.png", flat_png(512 + n % 3 * 128, 512, n) + bytes(100_000), "image/png")
                     for n, name in enumerate(names)))
    put_all(studio, ((f"styles/{id_}/{name}.txt", f"a quiet harbour, boat number {n}".encode(), "text/plain")
                     for n, name in enumerate(names)))
    files = [f"{name}.png" for name in names]
    for part in (files[:43], files[43:120], files):
        studio.json("POST", f"/api/styles/{id_}/selection-sets", 201, json={"filenames": part})
    return id_


def photographs(studio):
    """A style of as many images of a photograph's size; its id."""
    id_ = style(studio, "Photographs")
    # a few pictures under many names, each with bytes of its own at the end
    bodies = [photograph(n) for n in range(4)]
    put_all(studio, ((f"styles/{id_}/photo {n:04}.jpg", bodies[n % 4] + b"%d" % n, "image/jpeg") for n in range(PHOTOGRAPHS)))
    return id_


def ask(studio, style_id, count):
    def asked():
        answer = session().get(f"{studio.addresses['page']}/api/styles/{style_id}/images?limit=1000", timeout=120)
        assert len(answer.json()["images"]) == count, answer.text[:200]
    return asked


def measured(studio, style_id):
    """Waits until no picture is left to measure, so that it does not run beside what is timed."""
    path = f"/api/styles/{style_id}/images?limit=1"
    studio.wait_until(lambda: studio.json("GET", path)["analysing"] == 0, 900, "the end of measuring")


def restart(studio):
    studio.kill()
    studio.start()
    session().get(studio.addresses["page"] + "/api/ngrok/status", timeout=60)  # the connection is no part of it


def rows(studio):
    """Rows of the table: name, value, limit, whether it is kept."""
    id_ = captioned(studio)
    first = []
    for _ in range(COLD_STARTS):
        restart(studio)
        first.append(timed(ask(studio, id_, IMAGES))[0] * 1000)
    measured(studio, id_)
    warm = statistics.median(timed(ask(studio, id_, IMAGES))[0] for _ in range(WARM_ASKS)) * 1000
    yield "list-first", f"{first[0]:.0f} ms", "<= 200 ms", first[0] <= 200
    cold = statistics.median(first[1:])
    yield "list-cold", f"{cold:.0f} ms", "<= 200 ms", cold <= 200
    yield "list-warm", f"{warm:.1f} ms", "<= 20 ms", warm <= 20
    yield from large(studio)


def large(studio):
    id_ = photographs(studio)
    restart(studio)
    first = timed(ask(studio, id_, PHOTOGRAPHS))[0] * 1000
    images = studio.json("GET", f"/api/styles/{id_}/images?limit={THUMBNAILS}")["images"]

    def thumbnail(image):
        answer = session().get(studio.addresses["page"] + image["thumbnailUrl"], timeout=60)
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("image/")
        return len(answer.content)

    made = [timed(lambda i=image: thumbnail(i)) for image in images]
    measured(studio, id_)
    warm = statistics.median(timed(ask(studio, id_, PHOTOGRAPHS))[0] for _ in range(WARM_ASKS)) * 1000
    weight = statistics.median(size for _, size in made) / 1000
    yield "photos-first", f"{first:.0f} ms", "", True
    yield "photos-warm", f"{warm:.1f} ms", "", True
    yield "photos-thumbnail", f"{statistics.median(t for t, _ in made) * 1000:.0f} ms", "", True
    yield "photos-thumb-size", f"{weight:.1f} kB", "<= 30 kB", weight <= 30
