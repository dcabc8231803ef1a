//! What can be measured in a picture: a hash to find near-duplicates, sharpness, exposure, transparency, colours.
//!
//! Pure and on both targets: the server measures what lies in the bucket, the browser what is about to be uploaded, with
//! the same result within rounding. Both hand over RGBA pixels (straight alpha, rows from the top, EXIF orientation not
//! applied: the trainer does not either) of the picture shrunk, never enlarged, until its longer side is at most
//! [`SIDE`] pixels. What the figures mean for a training is `quality`'s business.

mod hash;
mod palette;

pub use hash::{FAR, Hash, NEAR};
pub use palette::{Lab, Swatch};

use serde::{Deserialize, Serialize};

/// Longer side in pixels of the picture that is measured; sharpness depends on it.
pub const SIDE: u32 = 512;
/// Raised when a figure changes its meaning or another is kept, so that kept ones are measured again.
pub const VERSION: u32 = 2;
/// Luma at most this is black without drawing, at least the other is white; 0 to 255.
const CLIPPED_DARK: f32 = 4.0;
const CLIPPED_LIGHT: f32 = 251.0;
/// A pixel less opaque than this counts as transparent.
const OPAQUE: u8 = 250;
/// What shows through transparent parts, as in thumbnails.
const BACKDROP: u32 = 128;

/// The figures of one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Analysis {
    /// 64 bits of a DCT hash, 16 hexadecimal digits; near-duplicates differ in at most 6 bits.
    pub hash: Hash,
    /// Variance of the Laplacian of the luma (0 to 255) at 512 px on the longer side.
    pub sharpness: f32,
    /// How much of the finest detail a further blur would take away, 0 (blurred already) to 1; independent of contrast.
    pub detail: f32,
    /// Mean luma, 0 to 255.
    pub luma: f32,
    /// Standard deviation of the luma.
    pub contrast: f32,
    /// Share of pixels that are black without drawing, 0 to 1.
    pub clipped_dark: f32,
    /// Share of pixels that are white without drawing, 0 to 1.
    pub clipped_light: f32,
    /// Share of pixels that are not opaque, 0 to 1.
    pub transparent: f32,
    /// The mean colour, Oklab.
    pub mean: Lab,
    /// Up to five colours, the largest share first.
    pub palette: Vec<Swatch>,
}

impl Analysis {
    /// Measures RGBA pixels; `None` when they are not `width` × `height` or none at all.
    pub fn of(width: u32, height: u32, rgba: &[u8]) -> Option<Self> {
        let pixels = (width as usize).checked_mul(height as usize)?;
        if pixels == 0 || rgba.len() != pixels.checked_mul(4)? {
            return None;
        }
        let mut colours = palette::Histogram::default();
        let mut transparent = 0u32;
        let mut luma = Vec::with_capacity(pixels);
        for pixel in rgba.chunks_exact(4) {
            let [r, g, b] = on_backdrop(pixel);
            transparent += u32::from(pixel[3] < OPAQUE);
            colours.add([r, g, b]);
            luma.push(0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b));
        }
        let plane = Plane {
            width: width as usize,
            height: height as usize,
            luma,
        };
        let share = |is: fn(f32) -> bool| {
            plane.luma.iter().filter(|l| is(**l)).count() as f32 / pixels as f32
        };
        let (mean_luma, contrast) = mean_and_deviation(plane.luma.iter().copied());
        Some(Self {
            hash: Hash::of(&plane),
            sharpness: plane.sharpness(),
            detail: plane.detail(),
            luma: mean_luma,
            contrast,
            clipped_dark: share(|l| l <= CLIPPED_DARK),
            clipped_light: share(|l| l >= CLIPPED_LIGHT),
            transparent: transparent as f32 / pixels as f32,
            mean: colours.mean(),
            palette: colours.palette(),
        })
    }

    /// Whether both show nearly the same picture: hashes at most [`NEAR`] bits apart, and the same colour where a picture
    /// is so plain that its hash says little.
    pub fn is_near(&self, other: &Self) -> bool {
        self.hash.distance(other.hash) <= NEAR
            && (!self.hash.is_plain() || self.mean.distance(other.mean) <= PLAIN_COLOUR)
    }
}

/// Oklab distance up to which two plain pictures are the same.
const PLAIN_COLOUR: f32 = 0.02;

/// Brightness alone, row by row.
struct Plane {
    width: usize,
    height: usize,
    luma: Vec<f32>,
}

impl Plane {
    fn at(&self, x: usize, y: usize) -> f32 {
        self.luma[y * self.width + x]
    }

    /// Variance of the Laplacian; 0 for pictures without an inside.
    fn sharpness(&self) -> f32 {
        if self.width < 3 || self.height < 3 {
            return 0.0;
        }
        let laplacian = (1..self.height - 1).flat_map(|y| {
            (1..self.width - 1).map(move |x| {
                let around =
                    self.at(x - 1, y) + self.at(x + 1, y) + self.at(x, y - 1) + self.at(x, y + 1);
                around - 4.0 * self.at(x, y)
            })
        });
        let (_, deviation) = mean_and_deviation(laplacian);
        deviation * deviation
    }

    /// How much of the variation between neighbours a mean over nine pixels takes away, in the direction that loses least
    /// (after Crété et al. 2007, "The blur effect"). A picture that is blurred already loses little.
    fn detail(&self) -> f32 {
        let across = self.loss(self.width, self.height, |line, i| self.at(i, line));
        let down = self.loss(self.height, self.width, |line, i| self.at(line, i));
        across.min(down)
    }

    fn loss(&self, length: usize, lines: usize, at: impl Fn(usize, usize) -> f32) -> f32 {
        const REACH: usize = 4;
        let (mut before, mut lost) = (0.0f64, 0.0f64);
        for line in 0..lines {
            let mean = |i: usize| {
                let (from, to) = (i.saturating_sub(REACH), (i + REACH).min(length - 1));
                (from..=to).map(|i| at(line, i)).sum::<f32>() / (to - from + 1) as f32
            };
            let mut smooth = mean(0);
            for i in 1..length {
                let next = mean(i);
                let step = (at(line, i) - at(line, i - 1)).abs();
                before += f64::from(step);
                lost += f64::from((step - (next - smooth).abs()).max(0.0));
                smooth = next;
            }
        }
        if before < 1e-6 {
            return 0.0;
        }
        (lost / before) as f32
    }
}

fn on_backdrop(pixel: &[u8]) -> [u8; 3] {
    let alpha = u32::from(pixel[3]);
    let over = |c: u8| ((u32::from(c) * alpha + BACKDROP * (255 - alpha)) / 255) as u8;
    [over(pixel[0]), over(pixel[1]), over(pixel[2])]
}

fn mean_and_deviation(values: impl Iterator<Item = f32>) -> (f32, f32) {
    let (mut sum, mut squares, mut count) = (0.0f64, 0.0f64, 0u64);
    for value in values {
        let value = f64::from(value);
        sum += value;
        squares += value * value;
        count += 1;
    }
    let count = count.max(1) as f64;
    let mean = sum / count;
    let variance = (squares / count - mean * mean).max(0.0);
    (mean as f32, variance.sqrt() as f32)
}

#[cfg(test)]
mod tests;
