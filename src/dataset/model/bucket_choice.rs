//! The training size for which the data page shows buckets, and what comes of it: where each image goes, how full they are.

use super::buckets::{BucketError, BucketSettings, Buckets, Placed, Size, count};
use serde::{Deserialize, Serialize};

/// A dataset node's settings and the batch, under the trainer's names. The default is the trainer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct BucketChoice {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    pub enable_bucket: bool,
    pub bucket_no_upscale: bool,
    /// Pixels.
    pub min_bucket_reso: u32,
    /// Pixels.
    pub max_bucket_reso: u32,
    pub batch_size: u32,
}

impl Default for BucketChoice {
    fn default() -> Self {
        Self {
            width: 512,
            height: 512,
            enable_bucket: true,
            bucket_no_upscale: false,
            min_bucket_reso: 256,
            max_bucket_reso: 1_024,
            batch_size: 2,
        }
    }
}

/// Largest side a person may ask for, pixels; the trainer's own is 2,048 to 4,096.
const MAX_SIDE: u32 = 4_096;

impl BucketChoice {
    /// Every problem as (field, message).
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let mut bound = |field, value: u32, low: u32, high: u32| {
            if value < low || value > high {
                problems.push((
                    field,
                    format!("{field} is {value}; it goes from {low} to {high}."),
                ));
            }
        };
        bound("width", self.width, 64, MAX_SIDE);
        bound("height", self.height, 64, MAX_SIDE);
        bound("min_bucket_reso", self.min_bucket_reso, 64, MAX_SIDE);
        bound("max_bucket_reso", self.max_bucket_reso, 64, MAX_SIDE);
        bound("batch_size", self.batch_size, 1, 64);
        problems
    }

    pub fn settings(&self) -> BucketSettings {
        BucketSettings {
            resolution: Size::new(self.width, self.height),
            enable_bucket: self.enable_bucket,
            bucket_no_upscale: self.bucket_no_upscale,
            min_bucket_reso: self.min_bucket_reso,
            max_bucket_reso: self.max_bucket_reso,
        }
    }

    /// # Errors
    /// Settings the trainer stops on.
    pub fn buckets(&self) -> Result<Buckets, BucketError> {
        Buckets::new(&self.settings())
    }
}

/// Where an image is trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct BucketPlace {
    /// Pixels of the bucket.
    pub width: u32,
    pub height: u32,
    /// How much the picture is enlarged (above 1) or shrunk before the crop.
    pub scale: f64,
    /// Share of the picture cut away, 0 to 1.
    pub crop_loss: f64,
    pub crop: Crop,
}

/// What is kept of a picture, as shares of its width and height.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Crop {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl BucketPlace {
    pub fn of(image: Size, placed: &Placed) -> Self {
        let (left, top) = placed.crop_offset();
        let (bucket, resized) = (placed.bucket, placed.resized);
        let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
        Self {
            width: bucket.width,
            height: bucket.height,
            scale: share(resized.width, image.width).max(share(resized.height, image.height)),
            crop_loss: placed.crop_loss(),
            crop: Crop {
                left: share(left, resized.width),
                top: share(top, resized.height),
                width: share(bucket.width, resized.width),
                height: share(bucket.height, resized.height),
            },
        }
    }
}

/// A bucket and the images in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct BucketUse {
    pub width: u32,
    pub height: u32,
    pub images: u32,
    /// Fewer images than the batch takes: its batches hold an image twice, or are never full.
    pub short: bool,
}

/// Buckets in use by size, and which of them cannot fill a batch of different images.
pub fn uses(places: impl IntoIterator<Item = BucketPlace>, batch_size: u32) -> Vec<BucketUse> {
    let sizes = places.into_iter().map(|p| Size::new(p.width, p.height));
    let bucket = |(size, images): (Size, u32)| BucketUse {
        width: size.width,
        height: size.height,
        images,
        short: images < batch_size,
    };
    count(sizes).into_iter().map(bucket).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(choice: &BucketChoice, width: u32, height: u32) -> BucketPlace {
        let size = Size::new(width, height);
        let placed = choice.buckets().expect("buckets").place(size);
        BucketPlace::of(size, &placed.expect("a place"))
    }

    #[test]
    fn the_crop_is_the_middle_of_the_picture() {
        let wide = place(&BucketChoice::default(), 3_000, 500);
        assert_eq!((wide.width, wide.height), (1_024, 256));
        assert_eq!(wide.crop.top, 0.0);
        assert!((wide.crop.height - 1.0).abs() < 1e-9);
        assert!((wide.crop.left * 2.0 + wide.crop.width - 1.0).abs() < 1e-3);
        assert!((wide.crop_loss - (1.0 - wide.crop.width)).abs() < 1e-9);
        assert!((wide.scale - 0.512).abs() < 1e-3);
        let small = place(&BucketChoice::default(), 256, 256);
        assert!((small.scale - 2.0).abs() < 1e-9 && small.crop_loss.abs() < 1e-9);
    }

    #[test]
    fn a_bucket_with_fewer_images_than_the_batch_is_short() {
        let choice = BucketChoice::default();
        let sizes = [(512, 512), (600, 600), (512, 768)];
        let places = sizes.map(|(w, h)| place(&choice, w, h));
        let short = |batch| {
            uses(places, batch)
                .iter()
                .map(|b| b.short)
                .collect::<Vec<_>>()
        };
        assert_eq!(short(1), [false, false]);
        assert_eq!(short(2), [true, false]);
        assert_eq!(short(3), [true, true]);
    }

    #[test]
    fn sizes_out_of_bounds_are_named() {
        let odd = BucketChoice {
            width: 0,
            batch_size: 65,
            ..BucketChoice::default()
        };
        let fields: Vec<_> = odd.problems().into_iter().map(|p| p.0).collect();
        assert_eq!(fields, ["width", "batch_size"]);
        assert!(BucketChoice::default().problems().is_empty());
    }
}
