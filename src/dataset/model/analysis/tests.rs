use super::*;

/// A picture made of discs on a ground, the same for the same seed.
#[derive(Clone)]
struct Picture {
    width: usize,
    height: usize,
    rgba: Vec<u8>,
}

/// Numbers that look random, the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((self.0 >> 33) % u64::from(below)) as u32
    }
}

impl Picture {
    fn plain(width: usize, height: usize, [r, g, b]: [u8; 3]) -> Self {
        let rgba = [r, g, b, 255].repeat(width * height);
        Self {
            width,
            height,
            rgba,
        }
    }

    fn of_discs(seed: u64) -> Self {
        let mut dice = Dice(seed * 7_919 + 17);
        let mut colour = |low: u32| [0; 3].map(|_: i32| (low + dice.roll(156)) as u8);
        let mut picture = Self::plain(480, 360, colour(60));
        let colours: Vec<[u8; 3]> = (0..14).map(|_| colour(0)).collect();
        for rgb in colours {
            let (x, y) = (dice.roll(480) as i32, dice.roll(360) as i32);
            let radius = 15 + dice.roll(90) as i32;
            picture.disc(x, y, radius, rgb);
        }
        picture
    }

    fn disc(&mut self, x: i32, y: i32, radius: i32, rgb: [u8; 3]) {
        for row in 0..self.height {
            for column in 0..self.width {
                let (dx, dy) = (column as i32 - x, row as i32 - y);
                if dx * dx + dy * dy <= radius * radius {
                    let at = (row * self.width + column) * 4;
                    self.rgba[at..at + 3].copy_from_slice(&rgb);
                }
            }
        }
    }

    /// Each channel of each pixel by its place.
    fn mapped(&self, of: impl Fn(&Self, usize, usize, usize) -> f32) -> Self {
        let mut next = self.clone();
        for y in 0..self.height {
            for x in 0..self.width {
                for c in 0..3 {
                    let value = of(self, x, y, c).clamp(0.0, 255.0);
                    next.rgba[(y * self.width + x) * 4 + c] = value as u8;
                }
            }
        }
        next
    }

    fn channel(&self, x: usize, y: usize, c: usize) -> f32 {
        let (x, y) = (x.min(self.width - 1), y.min(self.height - 1));
        f32::from(self.rgba[(y * self.width + x) * 4 + c])
    }

    fn blurred(&self, reach: usize) -> Self {
        let side = 2 * reach + 1;
        self.mapped(|p, x, y, c| {
            let cell = |i: usize| {
                let (dx, dy) = (i % side, i / side);
                p.channel(
                    (x + dx).saturating_sub(reach),
                    (y + dy).saturating_sub(reach),
                    c,
                )
            };
            (0..side * side).map(cell).sum::<f32>() / (side * side) as f32
        })
    }

    fn resized(&self, width: usize, height: usize) -> Self {
        let empty = Self::plain(width, height, [0; 3]);
        empty.mapped(|_, x, y, c| {
            let from = |at: usize, of: usize, to: usize| (at as f32 + 0.5) * of as f32 / to as f32;
            let (fx, fy) = (
                from(x, self.width, width) - 0.5,
                from(y, self.height, height) - 0.5,
            );
            let (x, y) = (fx.max(0.0), fy.max(0.0));
            let (px, py) = (x as usize, y as usize);
            let (wx, wy) = (x - px as f32, y - py as f32);
            let row = |y| self.channel(px, y, c) * (1.0 - wx) + self.channel(px + 1, y, c) * wx;
            row(py) * (1.0 - wy) + row(py + 1) * wy
        })
    }

    /// Blocks of eight pixels that each lose a little of their own, and grain: what a strong JPEG does.
    fn recompressed(&self) -> Self {
        let shift =
            |x: usize, y: usize| Dice((x / 8 * 977 + y / 8 * 31) as u64).roll(9) as f32 - 4.0;
        let grain =
            |x: usize, y: usize| Dice((x * 7_901 + y * 104_729) as u64).roll(13) as f32 - 6.0;
        self.mapped(|p, x, y, c| {
            (p.channel(x, y, c) / 6.0).round() * 6.0 + shift(x, y) + grain(x, y)
        })
    }

    fn measured(&self) -> Analysis {
        let size = |n: usize| u32::try_from(n).expect("small");
        Analysis::of(size(self.width), size(self.height), &self.rgba).expect("pixels")
    }
}

#[test]
fn a_resized_and_recompressed_copy_is_a_near_duplicate() {
    for seed in 0..40 {
        let original = Picture::of_discs(seed);
        let measured = original.measured();
        for copy in [
            original.recompressed(),
            original.resized(300, 225),
            original.resized(211, 158).recompressed(),
            original.mapped(|p, x, y, c| p.channel(x, y, c) * 0.9 + 10.0),
        ] {
            let copy = copy.measured();
            let distance = measured.hash.distance(copy.hash);
            assert!(measured.is_near(&copy), "picture {seed}: {distance} bits");
        }
    }
}

#[test]
fn different_pictures_are_far_apart() {
    let measured: Vec<Analysis> = (0..60).map(|s| Picture::of_discs(s).measured()).collect();
    let mut least = 64;
    for (i, one) in measured.iter().enumerate() {
        for other in &measured[..i] {
            least = least.min(one.hash.distance(other.hash));
            assert!(!one.is_near(other));
        }
    }
    assert!(least > NEAR + 4, "{least} bits");
}

#[test]
fn plain_pictures_are_the_same_only_in_the_same_colour() {
    let of = |rgb| Picture::plain(64, 64, rgb).measured();
    assert!(of([128; 3]).is_near(&of([129, 128, 128])));
    assert!(!of([128; 3]).is_near(&of([40, 60, 90])));
    assert!(!of([128; 3]).is_near(&Picture::of_discs(1).measured()));
}

#[test]
fn a_hash_is_written_as_16_digits_and_read_back() {
    let hash = Picture::of_discs(3).measured().hash;
    let text = hash.to_string();
    assert_eq!(text.len(), 16);
    assert_eq!(text.parse(), Ok(hash));
    assert!("not a hash".parse::<Hash>().is_err());
}

#[test]
fn blur_takes_sharpness_and_detail_away() {
    for seed in 0..6 {
        let sharp = Picture::of_discs(seed);
        let (before, after) = (sharp.measured(), sharp.blurred(3).measured());
        let (sharpness, detail) = (after.sharpness, after.detail);
        assert!(sharpness < before.sharpness / 8.0, "{sharpness}");
        assert!(
            detail < before.detail - 0.25,
            "{detail} of {}",
            before.detail
        );
    }
}

#[test]
fn detail_does_not_depend_on_contrast_as_sharpness_does() {
    let strong = Picture::of_discs(5);
    let weak = strong.mapped(|p, x, y, c| 100.0 + p.channel(x, y, c) * 0.25);
    let (strong, weak) = (strong.measured(), weak.measured());
    assert!(weak.sharpness < strong.sharpness / 8.0);
    assert!((weak.detail - strong.detail).abs() < 0.05);
}

#[test]
fn dark_bright_and_clipped_pictures_are_measured_so() {
    let middle = Picture::of_discs(2);
    let dark = middle
        .mapped(|p, x, y, c| p.channel(x, y, c) * 0.1)
        .measured();
    assert!(dark.luma < 26.0 && dark.luma > 2.0, "{}", dark.luma);
    let burnt = middle
        .mapped(|p, x, y, c| p.channel(x, y, c) * 4.0)
        .measured();
    assert!(burnt.clipped_light > 0.3, "{}", burnt.clipped_light);
    let black = Picture::plain(32, 32, [0; 3]).measured();
    assert_eq!(
        (black.clipped_dark, black.contrast, black.detail),
        (1.0, 0.0, 0.0)
    );
    assert_eq!(middle.measured().clipped_light, 0.0);
}

#[test]
fn transparent_pixels_are_counted_and_shown_over_grey() {
    let mut picture = Picture::plain(40, 40, [255; 3]);
    for pixel in picture.rgba.chunks_exact_mut(4).take(400) {
        pixel[3] = 0;
    }
    let measured = picture.measured();
    assert_eq!(measured.transparent, 0.25);
    assert_eq!(measured.palette.len(), 2);
    assert_eq!(measured.palette[1].rgb, [128; 3]);
}

#[test]
fn a_palette_holds_the_colours_in_order_of_their_share() {
    let mut picture = Picture::plain(100, 100, [240, 236, 220]);
    picture.disc(30, 30, 28, [20, 40, 120]);
    picture.disc(80, 80, 14, [200, 30, 30]);
    let palette = picture.measured().palette;
    let colours: Vec<[u8; 3]> = palette.iter().map(|s| s.rgb).collect();
    assert_eq!(colours, [[240, 236, 220], [20, 40, 120], [200, 30, 30]]);
    let shares: f32 = palette.iter().map(|s| s.share).sum();
    assert!((shares - 1.0).abs() < 1e-5);
    assert!(Picture::of_discs(9).measured().palette.len() <= 5);
}

#[test]
fn oklab_is_as_published() {
    let white = Lab::of([255.0; 3]);
    assert!(
        white.distance(Lab {
            l: 1.0,
            a: 0.0,
            b: 0.0
        }) < 1e-3
    );
    let red = Lab::of([255.0, 0.0, 0.0]);
    let published = Lab {
        l: 0.628,
        a: 0.225,
        b: 0.126,
    };
    assert!(red.distance(published) < 1e-2, "{red:?}");
}

#[test]
fn pixels_that_are_not_width_times_height_are_no_picture() {
    assert_eq!(Analysis::of(0, 0, &[]), None);
    assert_eq!(Analysis::of(2, 2, &[0; 15]), None);
    assert_eq!(Analysis::of(u32::MAX, u32::MAX, &[0; 16]), None);
    assert!(Analysis::of(1, 1, &[9, 9, 9, 255]).is_some());
}
