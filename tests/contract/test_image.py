"""The cover image service."""

import pytest
import requests

import shapes

COVER = {"prompt": "a lighthouse in the fog", "width": 256, "height": 256, "seed": 4}


def post(studio, **body):
    return requests.post(f"{studio.image}/generate_cover_image", json=body, timeout=60)


def download(studio, key):
    return requests.get(f"{studio.image}/download_image", params={"file_key": key}, timeout=30)


def test_a_cover_has_every_field_and_can_be_downloaded(studio):
    body = shapes.ok(post(studio, **COVER))
    assert body["image_dimensions"] == [256, 256]
    shapes.metadata(body["metadata"])
    key = shapes.text(body["file_path"])

    image = shapes.ok(download(studio, key))
    data = shapes.unbase64(image["image_data"])
    assert shapes.png(data) == (256, 256)
    assert image["file_size"] == len(data)
    assert image["filename"] == key.rsplit("/", 1)[-1]
    assert image["format"] == "PNG"
    assert body["file_size_mb"] == pytest.approx(len(data) / 1e6, rel=0.06, abs=0.01)

    root = studio.image.removesuffix("/image")
    file = requests.get(f"{root}/files/{key}", timeout=30)
    assert (file.status_code, file.headers["content-type"]) == (200, "image/png")
    assert file.content == data


def test_the_default_is_512_square(studio):
    body = shapes.ok(post(studio, prompt="a lighthouse in the fog"))
    assert body["image_dimensions"] == [512, 512]


@pytest.mark.parametrize(("asked", "made"), [((300, 1000), (320, 1024)), ((256, 1024), (256, 1024))])
def test_sizes_are_multiples_of_64(studio, asked, made):
    body = shapes.ok(post(studio, **COVER | {"width": asked[0], "height": asked[1]}))
    width, height = body["image_dimensions"]
    assert width % 64 == height % 64 == 0
    assert abs(width - asked[0]) < 64 and abs(height - asked[1]) < 64
    assert 256 <= width <= 1024 and 256 <= height <= 1024
    data = shapes.unbase64(shapes.ok(download(studio, body["file_path"]))["image_data"])
    assert shapes.png(data) == (width, height)


def test_one_seed_gives_one_picture(studio):
    def data(seed):
        key = shapes.ok(post(studio, **COVER | {"seed": seed}))["file_path"]
        return shapes.ok(download(studio, key))["image_data"]

    assert data(9) == data(9)
    assert data(9) != data(10)
    assert data(None) != data(None)
    assert data(2**32 - 1)


def test_words_are_set_unless_they_are_not_wanted(studio):
    words = {"title": "Night Ferry", "artist": "The Tides"}
    set_ = shapes.ok(post(studio, **COVER, **words))
    plain = shapes.ok(post(studio, **COVER, **words, typography=False))
    wanted = shapes.ok(post(studio, **COVER, **words, typography=True))
    assert (set_["lettered"], plain["lettered"], wanted["lettered"]) == (True, False, True)
    images = [shapes.ok(download(studio, made["file_path"]))["image_data"] for made in (set_, plain, wanted)]
    assert images[0] == images[2] != images[1]


def test_styles_are_described(studio):
    body = shapes.ok(requests.get(f"{studio.image}/get_available_styles", timeout=30))
    assert set(body["available_styles"]) == shapes.STYLES
    for style in body["available_styles"].values():
        shapes.text(style["description"])
        shapes.text(style["best_for"])
    assert body["custom_style_supported"] is True
    assert body["style_mixing_supported"] is True


@pytest.mark.parametrize("style", [*sorted(shapes.STYLES), "woodcut on rough paper", "vintage woodcut"])
def test_every_style_and_any_words_are_drawn(one_process, style):
    shapes.ok(post(one_process, **COVER, style=style))


def test_what_guidance_0_does_not_need_is_ignored(studio):
    shapes.ok(post(studio, **COVER, negative_prompt="text, hands", num_inference_steps=1, guidance_scale=0))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("prompt", None),
        ("prompt", ""),
        ("prompt", "four"),
        ("prompt", "p" * 501),
        ("prompt", 5),
        ("width", 0),
        ("width", 255),
        ("width", 1025),
        ("width", 100_000),
        ("width", -512),
        ("width", "wide"),
        ("height", 0),
        ("height", 100_000),
        ("height", 300.5),
        ("num_inference_steps", 0),
        ("num_inference_steps", 11),
        ("seed", -2),
        ("seed", 2**32),
        ("seed", "x"),
        ("style", 5),
        ("style", "s" * 101),
    ],
)
def test_bad_fields_are_named(studio, field, wrong):
    shapes.error(post(studio, **COVER | {field: wrong}), 400, names=field, service="image")


@pytest.mark.parametrize(
    "key",
    [
        "../../etc/passwd",
        "covers/../../../etc/passwd",
        "/etc/passwd",
        "..\\..\\secret.png",
        "C:\\Windows\\win.ini",
        "covers/none.png",
        "%2e%2e/%2e%2e/etc/passwd",
        "",
        "\0",
        "a" * 5000,
    ],
)
def test_keys_that_are_none_are_not_found(studio, key):
    answer = download(studio, key)
    shapes.error(answer, 404, service="image")


def test_the_key_is_needed(studio):
    answer = requests.get(f"{studio.image}/download_image", timeout=30)
    shapes.error(answer, 400, names="file_key")
