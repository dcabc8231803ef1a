//! Which size the trainer gives each image, what it crops away, and how many batches a pass has.
//!
//! The rules of FluxTrainer's bucket manager, held to its own results by the truth tests, rounding included.
//! Lies in `dataset`, so that the data page shows the sizes of a run's plan. Knows nothing of files: a size is what the
//! trainer's header reader sees (EXIF orientation already applied).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Buckets are multiples of this, in pixels.
pub const STEP: u32 = 64;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    fn ratio(self) -> f64 {
        f64::from(self.width) / f64::from(self.height)
    }
}

/// The dataset node's settings that decide buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketSettings {
    pub resolution: Size,
    pub enable_bucket: bool,
    pub bucket_no_upscale: bool,
    pub min_bucket_reso: u32,
    pub max_bucket_reso: u32,
}

/// Settings or an image that end the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BucketError {
    #[error(
        "max_bucket_reso {max}{} is below the training size's longer side {side}: raise it to {side} or train smaller.",
        rounding("up", .max, .rounded)
    )]
    MaxBelowResolution { max: u32, rounded: u32, side: u32 },
    #[error(
        "min_bucket_reso {min}{} is above the training size's shorter side {side}: lower it to {side} or train larger.",
        rounding("down", .min, .rounded)
    )]
    MinAboveResolution { min: u32, rounded: u32, side: u32 },
    #[error(
        "Without buckets a training {what} of {value} px gives latents that cannot be paired: use a multiple of 16."
    )]
    OddLatents { what: &'static str, value: u32 },
    #[error("The image has no readable size: the trainer divides by zero. Replace the file.")]
    Unreadable,
    #[error(
        "{width} × {height} px is too small to train without enlarging: allow enlarging, or use an image of at least 64 px each way."
    )]
    TooSmall { width: u32, height: u32 },
}

/// What the trainer makes of a bound, where that is another one.
fn rounding(way: &str, bound: &u32, rounded: &u32) -> String {
    match bound == rounded {
        true => String::new(),
        false => format!(" (rounded {way} to {rounded})"),
    }
}

/// Where an image ends up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// Size it is trained at.
    pub bucket: Size,
    /// Size it is scaled to before the crop.
    pub resized: Size,
    /// Whether that enlarges it.
    pub upscaled: bool,
}

impl Placed {
    /// Share of the scaled picture cut away, 0 to 1.
    pub fn crop_loss(&self) -> f64 {
        1.0 - self.bucket.area() as f64 / self.resized.area() as f64
    }

    /// Pixels cut at the left and at the top of the scaled picture.
    pub fn crop_offset(&self) -> (u32, u32) {
        (
            (self.resized.width - self.bucket.width) / 2,
            (self.resized.height - self.bucket.height) / 2,
        )
    }
}

/// The trainer's bucket manager for one dataset node.
#[derive(Clone, Debug, PartialEq)]
pub struct Buckets {
    max_area: u64,
    no_upscale: bool,
    /// Sorted; empty when every image gets a bucket of its own (`bucket_no_upscale`).
    predefined: Vec<Size>,
}

impl Buckets {
    /// # Errors
    /// Settings the trainer stops on.
    pub fn new(settings: &BucketSettings) -> Result<Self, BucketError> {
        let resolution = settings.resolution;
        if !settings.enable_bucket {
            check_latents(resolution)?;
            return Ok(Self {
                max_area: resolution.area(),
                no_upscale: false,
                predefined: vec![resolution],
            });
        }
        let (min, max) = check_bounds(settings)?;
        Ok(Self {
            max_area: resolution.area(),
            no_upscale: settings.bucket_no_upscale,
            predefined: if settings.bucket_no_upscale {
                Vec::new()
            } else {
                candidates(resolution.area(), min, max)
            },
        })
    }

    /// The sizes images are sorted into, in the trainer's order.
    pub fn predefined(&self) -> &[Size] {
        &self.predefined
    }

    /// Where an image of that size ends up.
    ///
    /// # Errors
    /// Images the trainer stops on: no readable size, or too small to be trained without enlarging.
    pub fn place(&self, image: Size) -> Result<Placed, BucketError> {
        if image.width == 0 || image.height == 0 {
            return Err(BucketError::Unreadable);
        }
        let (bucket, resized) = if self.no_upscale {
            self.shrink_only(image)?
        } else {
            self.nearest(image)
        };
        let upscaled = resized.width > image.width || resized.height > image.height;
        Ok(Placed {
            bucket,
            resized,
            upscaled,
        })
    }

    /// The candidate of exactly this size, else of the nearest width/height ratio, the first upon a tie.
    fn nearest(&self, image: Size) -> (Size, Size) {
        let ratio = image.ratio();
        let mut bucket = self.predefined[0];
        if self.predefined.contains(&image) {
            bucket = image;
        } else {
            for &candidate in &self.predefined {
                if (candidate.ratio() - ratio).abs() < (bucket.ratio() - ratio).abs() {
                    bucket = candidate;
                }
            }
        }
        let scale = if ratio > bucket.ratio() {
            f64::from(bucket.height) / f64::from(image.height)
        } else {
            f64::from(bucket.width) / f64::from(image.width)
        };
        let resized = Size::new(
            round(f64::from(image.width) * scale),
            round(f64::from(image.height) * scale),
        );
        (bucket, resized)
    }

    /// `bucket_no_upscale`: shrunk to the training area when larger, then cut to multiples of 64.
    fn shrink_only(&self, image: Size) -> Result<(Size, Size), BucketError> {
        let too_small = BucketError::TooSmall {
            width: image.width,
            height: image.height,
        };
        let resized = if image.area() > self.max_area {
            self.shrunk(image).ok_or(too_small)?
        } else {
            image
        };
        let bucket = Size::new(floor_to_step(resized.width), floor_to_step(resized.height));
        if bucket.width == 0 || bucket.height == 0 {
            return Err(too_small);
        }
        Ok((bucket, resized))
    }

    /// One side a multiple of 64, the one that keeps the shape better; `None` where the trainer divides by zero.
    fn shrunk(&self, image: Size) -> Option<Size> {
        let ratio = image.ratio();
        let area = self.max_area as f64;
        let width = (area * ratio).sqrt();
        let height = area / width;

        let by_width = floor_to_step(round(width));
        let height_of = floor_to_step(round(f64::from(by_width) / ratio));
        let by_height = floor_to_step(round(height));
        let width_of = floor_to_step(round(f64::from(by_height) * ratio));
        if height_of == 0 || by_height == 0 {
            return None;
        }
        let width_error = (f64::from(by_width) / f64::from(height_of) - ratio).abs();
        let height_error = (f64::from(width_of) / f64::from(by_height) - ratio).abs();
        Some(if width_error < height_error {
            Size::new(by_width, round(f64::from(by_width) / ratio))
        } else {
            Size::new(round(f64::from(by_height) * ratio), by_height)
        })
    }
}

/// Bounds rounded to multiples of 64, outwards, and then held against the training size.
fn check_bounds(settings: &BucketSettings) -> Result<(u32, u32), BucketError> {
    let Size { width, height } = settings.resolution;
    let min = floor_to_step(settings.min_bucket_reso);
    let max = settings.max_bucket_reso.next_multiple_of(STEP);
    if min > width.min(height) {
        return Err(BucketError::MinAboveResolution {
            min: settings.min_bucket_reso,
            rounded: min,
            side: width.min(height),
        });
    }
    if max < width.max(height) {
        return Err(BucketError::MaxBelowResolution {
            max: settings.max_bucket_reso,
            rounded: max,
            side: width.max(height),
        });
    }
    Ok((min, max))
}

/// Latents are an eighth of the picture and are packed two by two.
fn check_latents(resolution: Size) -> Result<(), BucketError> {
    for (what, value) in [("width", resolution.width), ("height", resolution.height)] {
        if (value / 8) % 2 == 1 {
            return Err(BucketError::OddLatents { what, value });
        }
    }
    Ok(())
}

fn candidates(area: u64, min: u32, max: u32) -> Vec<Size> {
    let square = floor_to_step((area as f64).sqrt() as u32);
    let mut sizes = vec![Size::new(square, square)];
    let mut width = min.max(STEP);
    while width <= max {
        let height =
            floor_to_step(u32::try_from(area / u64::from(width)).unwrap_or(u32::MAX)).min(max);
        if height >= min {
            sizes.push(Size::new(width, height));
            sizes.push(Size::new(height, width));
        }
        width += STEP;
    }
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn floor_to_step(pixels: u32) -> u32 {
    pixels - pixels % STEP
}

/// Half up, as the trainer's `int(x + 0.5)`.
fn round(pixels: f64) -> u32 {
    (pixels + 0.5) as u32
}

/// Images of each bucket, sorted by width, then height.
pub fn count(placed: impl IntoIterator<Item = Size>) -> BTreeMap<Size, u32> {
    let mut counts = BTreeMap::new();
    for bucket in placed {
        *counts.entry(bucket).or_insert(0) += 1;
    }
    counts
}

/// Batches in one pass: every bucket fills its own, the last of each perhaps in part.
pub fn batches_per_epoch(counts: &BTreeMap<Size, u32>, num_repeats: u32, batch_size: u32) -> u32 {
    counts
        .values()
        .map(|&images| {
            images
                .saturating_mul(num_repeats)
                .div_ceil(batch_size.max(1))
        })
        .fold(0, u32::saturating_add)
}

#[cfg(test)]
mod tests;
