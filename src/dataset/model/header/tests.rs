//! Headers of files made here, whole, cut and hostile.

use super::*;

/// A JPEG without pixels worth the name: segments, a scan of a few bytes, the end.
fn jpeg(segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8];
    for (marker, body) in segments {
        bytes.extend([0xFF, *marker]);
        bytes.extend(((body.len() + 2) as u16).to_be_bytes());
        bytes.extend(body);
    }
    bytes.extend([0xFF, 0xDA, 0, 2, 1, 2, 3, 0xFF, 0xD9]);
    bytes
}

fn frame(marker: u8, bits: u8, width: u16, height: u16, components: u8) -> (u8, Vec<u8>) {
    let mut body = vec![bits];
    body.extend(height.to_be_bytes());
    body.extend(width.to_be_bytes());
    body.push(components);
    body.extend(vec![0; usize::from(components) * 3]);
    (marker, body)
}

fn exif(orientation: u16, big: bool) -> Vec<u8> {
    let short = |n: u16| {
        if big {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let long = |n: u32| {
        if big {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let mut tiff = if big {
        b"MM\0*".to_vec()
    } else {
        b"II*\0".to_vec()
    };
    tiff.extend(long(8));
    tiff.extend(short(2));
    for (tag, value) in [(0x010F, 7), (0x0112, orientation)] {
        tiff.extend(short(tag));
        tiff.extend(short(3));
        tiff.extend(long(1));
        tiff.extend(short(value));
        tiff.extend([0, 0]);
    }
    tiff
}

fn exif_segment(orientation: u16, big: bool) -> (u8, Vec<u8>) {
    (
        0xE1,
        [b"Exif\0\0".to_vec(), exif(orientation, big)].concat(),
    )
}

fn png(width: u32, height: u32, bits: u8, colour: u8, more: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let head = [
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[bits, colour, 0, 0, 0],
    ]
    .concat();
    let mut bytes = b"\x89PNG\r\n\x1A\n".to_vec();
    let own: [(&[u8; 4], Vec<u8>); 1] = [(b"IHDR", head)];
    let end: [(&[u8; 4], Vec<u8>); 2] = [(b"IDAT", vec![1; 40]), (b"IEND", vec![])];
    for (kind, data) in own.iter().chain(more).chain(&end) {
        bytes.extend((data.len() as u32).to_be_bytes());
        bytes.extend(*kind);
        bytes.extend(data);
        bytes.extend([0; 4]);
    }
    bytes
}

fn webp(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (kind, data) in chunks {
        body.extend(*kind);
        body.extend((data.len() as u32).to_le_bytes());
        body.extend(data);
        body.extend(vec![0; data.len() % 2]);
    }
    [
        b"RIFF".to_vec(),
        (body.len() as u32).to_le_bytes().to_vec(),
        body,
    ]
    .concat()
}

fn vp8x(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let side = |n: u32| (n - 1).to_le_bytes()[..3].to_vec();
    [vec![flags, 0, 0, 0], side(width), side(height)].concat()
}

fn bmp(width: i32, height: i32, bits: u16) -> Vec<u8> {
    let row = (width.unsigned_abs() * u32::from(bits)).div_ceil(32) * 4;
    let mut bytes = b"BM".to_vec();
    bytes.extend([0; 8]);
    bytes.extend(54u32.to_le_bytes());
    bytes.extend(40u32.to_le_bytes());
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend([0; 24]);
    bytes.extend(vec![0; (row * height.unsigned_abs()) as usize]);
    bytes
}

fn good(bytes: &[u8]) -> Header {
    read_whole(bytes).expect("a readable picture")
}

#[test]
fn size_and_colour_come_from_the_header_of_each_type() {
    let photo = good(&jpeg(&[frame(0xC0, 8, 640, 480, 3)]));
    assert_eq!(
        (photo.kind, photo.width, photo.height, photo.colour),
        (Kind::Jpeg, 640, 480, Colour::Rgb)
    );
    assert_eq!(
        good(&jpeg(&[frame(0xC2, 8, 64, 48, 1)])).colour,
        Colour::Grey
    );
    let drawing = good(&png(300, 200, 8, 6, &[]));
    assert_eq!(
        (drawing.width, drawing.height, drawing.alpha),
        (300, 200, true)
    );
    let lossy = webp(&[(b"VP8 ", vec![0, 0, 0, 0x9D, 1, 0x2A, 0x40, 1, 0xF0, 0])]);
    assert_eq!((good(&lossy).width, good(&lossy).height), (320, 240));
    let lossless = webp(&[(b"VP8L", vec![0x2F, 0x3F, 0xC1, 0x3B, 0x10, 0, 0, 0, 0, 0])]);
    assert_eq!(
        (
            good(&lossless).width,
            good(&lossless).height,
            good(&lossless).alpha
        ),
        (320, 240, true)
    );
    let from_the_top = good(&bmp(33, -20, 24));
    assert_eq!((from_the_top.width, from_the_top.height), (33, 20));
    let gif = b"GIF89a\x20\0\x10\0\0\0\0,\0\0\0\0\x20\0\x10\0\0\x02\x01\0\0;";
    assert_eq!(
        (good(gif).width, good(gif).height, good(gif).animated),
        (32, 16, false)
    );
}

#[test]
fn the_orientation_is_found_in_either_byte_order_and_type() {
    for big in [true, false] {
        let photo = good(&jpeg(&[exif_segment(6, big), frame(0xC0, 8, 640, 480, 3)]));
        assert_eq!((photo.orientation, photo.upright()), (6, (480, 640)));
        assert_eq!(photo.flaws(), [Flaw::Turned(6)]);
        assert_eq!(
            good(&png(30, 20, 8, 2, &[(b"eXIf", exif(3, big))])).orientation,
            3
        );
        let odd = vec![7; 11];
        let mut picture = webp(&[
            (b"VP8X", vp8x(8, 30, 20)),
            (b"ICCP", odd),
            (b"EXIF", exif(8, big)),
        ]);
        assert_eq!(good(&picture).orientation, 8);
        hide_exif(&mut picture[..WEBP_FLAGS_END as usize]);
        assert_eq!(good(&picture).orientation, 1);
    }
    for nonsense in [0, 9, 4000] {
        assert_eq!(
            good(&jpeg(&[
                exif_segment(nonsense, true),
                frame(0xC0, 8, 4, 4, 3)
            ]))
            .orientation,
            1
        );
    }
}

#[test]
fn what_the_trainer_would_get_wrong_is_named() {
    let adobe = |transform| {
        (
            0xEE,
            [b"Adobe".to_vec(), vec![0, 100, 0, 0, 0, 0, transform]].concat(),
        )
    };
    let cmyk = |transform| good(&jpeg(&[adobe(transform), frame(0xC0, 8, 4, 4, 4)]));
    assert_eq!(
        (cmyk(0).colour, cmyk(2).colour),
        (Colour::Cmyk, Colour::Ycck)
    );
    assert_eq!(cmyk(2).flaws(), [Flaw::Cmyk]);
    let frames = |n: u32| {
        good(&png(
            4,
            4,
            8,
            2,
            &[(b"acTL", [n.to_be_bytes(), [0; 4]].concat())],
        ))
    };
    assert_eq!(frames(2).flaws(), [Flaw::Animated]);
    assert_eq!(frames(1).flaws(), []);
    assert_eq!(
        good(&webp(&[(b"VP8X", vp8x(2, 4, 4))])).flaws(),
        [Flaw::Animated]
    );
    let gif = b"GIF89a\x02\0\x02\0\0\0\0,\0\0\0\0\x02\0\x02\0\0\x02\x01\0\0,\0\0\0\0\x02\0\x02\0\0\x02\x01\0\0;";
    assert_eq!(good(gif).flaws(), [Flaw::Animated]);
    // only grey of 16 bits is clipped; of colours the upper eight stay
    assert_eq!(good(&png(4, 4, 16, 0, &[])).flaws(), [Flaw::Grey16]);
    assert_eq!(good(&png(4, 4, 16, 2, &[])).flaws(), []);
    assert!(good(&png(4, 4, 8, 3, &[(b"tRNS", vec![0])])).alpha);
}

#[test]
fn the_type_follows_from_the_content() {
    let unfit = |bytes: &[u8]| read_whole(bytes).unwrap_err();
    for (bytes, kind) in [
        (&b"<!DOCTYPE html><html><script>x</script>"[..], Kind::Html),
        (
            b"\xEF\xBB\xBF \n<?xml version='1.0'?><svg onload='x'></svg>",
            Kind::Svg,
        ),
        (b"%PDF-1.7", Kind::Pdf),
        (b"PK\x03\x04rest", Kind::Zip),
        (b"just words", Kind::Text),
        (b"\0\0\0\0", Kind::Unknown),
    ] {
        assert_eq!(unfit(bytes), Unfit::NoPicture(kind));
    }
    for (bytes, kind) in [
        (&b"II*\0........"[..], Kind::Tiff),
        (b"\0\0\0\x18ftypheic\0\0\0\0", Kind::Heic),
        (b"\0\0\0\x18ftypavif\0\0\0\0", Kind::Avif),
        (b"\xFF\x0A....", Kind::Jxl),
    ] {
        assert_eq!(unfit(bytes), Unfit::Foreign(kind));
    }
    let drawing = good(&png(4, 4, 8, 2, &[]));
    assert!(
        drawing
            .misnamed("a.JPG")
            .unwrap()
            .contains("a PNG under the name .jpg")
    );
    assert_eq!(drawing.misnamed("a.PNG"), None);
}

#[test]
fn cut_files_are_told_from_whole_ones() {
    let whole = [
        jpeg(&[exif_segment(6, true), frame(0xC0, 8, 640, 480, 3)]),
        png(300, 200, 8, 2, &[(b"tEXt", vec![b'x'; 100])]),
        webp(&[(b"VP8X", vp8x(0, 30, 20)), (b"VP8 ", vec![1; 64])]),
        bmp(33, 20, 24),
    ];
    for bytes in &whole {
        good(bytes);
        for length in 0..bytes.len() - 4 {
            let error = read_whole(&bytes[..length]).expect_err("it is cut");
            let told = matches!(error, Unfit::Empty | Unfit::Truncated | Unfit::NoPicture(_));
            assert!(told, "{length} of {}: {error:?}", bytes.len());
        }
    }
}

#[test]
fn a_picture_that_goes_on_behind_its_end_is_whole() {
    let moving = [jpeg(&[frame(0xC0, 8, 64, 48, 3)]), vec![0; 200_000]].concat();
    let (size, tail) = (moving.len() as u64, &moving[moving.len() - 1000..]);
    assert_eq!(read(&moving[..1000], tail, size), Err(Unread::More(size)));
    assert_eq!(good(&moving).width, 64);
    let noted = [png(64, 48, 8, 2, &[]), vec![0; 200_000]].concat();
    assert_eq!(good(&noted).width, 64);
}

#[test]
fn more_is_asked_for_only_while_there_is_more() {
    let long = jpeg(&[
        (0xE2, vec![0; 60_000]),
        (0xE2, vec![0; 60_000]),
        frame(0xC0, 8, 64, 48, 3),
    ]);
    let size = long.len() as u64;
    let tail = &long[long.len() - 100..];
    let mut have = 100;
    let mut asked = 0;
    let header = loop {
        match read(&long[..have as usize], tail, size) {
            Err(Unread::More(wanted)) => {
                assert!(wanted > have && wanted <= size);
                have = wanted;
                asked += 1;
            }
            done => break done.expect("a picture"),
        }
    };
    assert_eq!(header.width, 64);
    assert!(asked <= 3, "{asked}");
}

#[test]
fn a_picture_of_too_many_pixels_is_refused_before_anything_is_unpacked() {
    let error = read_whole(&png(20_000, 20_000, 8, 2, &[])).unwrap_err();
    assert_eq!(error, Unfit::TooManyPixels(20_000, 20_000));
    assert!(error.to_string().contains("178,956,970"));
    assert!(read_whole(&png(u32::MAX, u32::MAX, 8, 2, &[])).is_err());
    assert_eq!(
        read_whole(&png(0, 4, 8, 2, &[])),
        Err(Unfit::Broken("no width or height"))
    );
}

#[test]
fn codings_that_the_trainer_cannot_decode_are_named() {
    for (segment, words) in [
        (frame(0xC3, 8, 4, 4, 3), "lossless"),
        (frame(0xC1, 12, 4, 4, 3), "12 bits"),
    ] {
        let error = read_whole(&jpeg(&[segment])).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// Reproducible noise (xorshift).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Reads as the callers do, asking for more until it is settled.
fn settle(bytes: &[u8]) {
    let mut have = bytes.len().min(64);
    let tail = &bytes[bytes.len() - have..];
    for _ in 0..20 {
        match read(&bytes[..have], tail, bytes.len() as u64) {
            Err(Unread::More(wanted)) => {
                assert!(
                    wanted as usize > have && wanted as usize <= bytes.len(),
                    "{have} {wanted}"
                );
                have = wanted as usize;
            }
            _ => return,
        }
    }
    panic!("it asks for ever");
}

#[test]
fn no_bytes_make_it_panic_or_run_for_ever() {
    let seeds: Vec<Vec<u8>> = vec![
        jpeg(&[exif_segment(6, true), frame(0xC0, 8, 640, 480, 4)]),
        png(
            300,
            200,
            16,
            4,
            &[
                (b"acTL", vec![0, 0, 0, 9, 0, 0, 0, 0]),
                (b"eXIf", exif(5, false)),
            ],
        ),
        webp(&[
            (b"VP8X", vp8x(0x1A, 30, 20)),
            (b"EXIF", exif(2, true)),
            (b"VP8 ", vec![1; 64]),
        ]),
        bmp(33, -20, 24),
        b"GIF89a\x02\0\x02\0\x87\0\0,\0\0\0\0\x02\0\x02\0\0\x02\x01\0\0,\0\0\0;".to_vec(),
        b"\0\0\0\x18ftypavif\0\0\0\0<svg><html>".to_vec(),
    ];
    let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
    for round in 0..6_000 {
        let mut bytes = seeds[round % seeds.len()].clone();
        // a few bytes of it are others, more of them as the rounds go on
        for _ in 0..=(noise.next() % 8) {
            let at = noise.next() as usize % bytes.len();
            bytes[at] = match noise.next() % 4 {
                0 => 0xFF,
                1 => 0,
                _ => noise.next() as u8,
            };
        }
        bytes.truncate(1 + noise.next() as usize % bytes.len());
        let _ = read_whole(&bytes);
        settle(&bytes);
    }
    for _ in 0..2_000 {
        let length = 1 + noise.next() as usize % 300;
        let bytes: Vec<u8> = (0..length).map(|_| noise.next() as u8).collect();
        let _ = read_whole(&bytes);
        settle(&bytes);
    }
}

#[test]
fn the_size_an_avif_claims_is_that_of_its_largest_part() {
    let mut head = b"\0\0\0\x1cftypavif".to_vec();
    for (width, height) in [(160u32, 120u32), (4000, 3000)] {
        head.extend(b"ispe\0\0\0\0");
        head.extend(width.to_be_bytes());
        head.extend(height.to_be_bytes());
    }
    assert_eq!(claimed_size(&head), Some((4000, 3000)));
    assert_eq!(claimed_size(b"ispe"), None);
    assert_eq!(claimed_size(b""), None);
}

#[test]
fn the_end_of_a_cameras_small_picture_is_not_the_photos_end() {
    let small = [b"Exif\0\0".to_vec(), jpeg(&[frame(0xC0, 8, 2, 2, 3)])].concat();
    let photo = jpeg(&[(0xE1, small), frame(0xC0, 8, 40, 30, 3)]);
    assert_eq!(good(&photo).width, 40);
    let cut = &photo[..photo.len() - 3];
    assert_eq!(read_whole(cut), Err(Unfit::Truncated));
}
