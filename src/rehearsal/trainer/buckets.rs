//! Aspect-ratio buckets and passes as the trainer makes them: how many batches a pass has, and how many steps really run.
//!
//! Facts: contracts.md section 6 and the truth vectors, against which this is tested. Sizes are in px.

use super::workflow::DatasetSettings;

const STEP: u32 = 64;

/// Width and height.
pub type Size = (u32, u32);

/// One bucket of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub size: Size,
    /// Images in it, each counted `num_repeats` times.
    pub count: u64,
}

/// The buckets that a dataset's images fall into, smallest width first.
///
/// # Errors
/// An image smaller than a bucket step where nothing may be enlarged: the trainer divides by zero.
pub fn buckets(settings: &DatasetSettings, images: &[Size]) -> Result<Vec<Bucket>, String> {
    let predefined = predefined(settings);
    let mut found: Vec<Bucket> = Vec::new();
    for image in images {
        let size = select(settings, &predefined, *image);
        if size.0 == 0 || size.1 == 0 {
            return Err("ZeroDivisionError: division by zero".to_owned());
        }
        match found.iter_mut().find(|bucket| bucket.size == size) {
            Some(bucket) => bucket.count += u64::from(settings.num_repeats),
            None => found.push(Bucket {
                size,
                count: u64::from(settings.num_repeats),
            }),
        }
    }
    found.sort_by_key(|bucket| bucket.size);
    Ok(found)
}

/// Batches of one pass over a dataset: each bucket fills its own.
pub fn batches(buckets: &[Bucket], batch_size: u32) -> u64 {
    buckets
        .iter()
        .map(|bucket| bucket.count.div_ceil(u64::from(batch_size)))
        .sum()
}

/// Steps and passes of a run: a loop starts a new pass, and `max_train_steps` is looked at only after a whole pass.
pub fn steps_run(loops: &[u32], batches_per_pass: u64, max_train_steps: u32) -> (u64, u64) {
    let per_pass = batches_per_pass.max(1);
    let (mut steps, mut passes) = (0, 0);
    for wanted in loops.iter().map(|wanted| u64::from(*wanted)) {
        let mut done = 0;
        while done < wanted {
            let pass = per_pass.min(wanted - done);
            done += pass;
            steps += pass;
            passes += 1;
            if pass == per_pass && steps >= u64::from(max_train_steps) {
                break;
            }
        }
    }
    (steps, passes)
}

fn predefined(settings: &DatasetSettings) -> Vec<Size> {
    let area = u64::from(settings.width) * u64::from(settings.height);
    let smallest = settings.min_bucket_reso / STEP * STEP;
    let largest = settings.max_bucket_reso.div_ceil(STEP) * STEP;
    let side = (area.isqrt() as u32) / STEP * STEP;
    let mut sizes = vec![(side, side)];
    let mut width = smallest.max(STEP);
    while width <= largest {
        let height = ((area / u64::from(width)) as u32 / STEP * STEP).min(largest);
        if height >= smallest && height > 0 {
            sizes.extend([(width, height), (height, width)]);
        }
        width += STEP;
    }
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn select(settings: &DatasetSettings, predefined: &[Size], image: Size) -> Size {
    if !settings.enable_bucket {
        return (settings.width, settings.height);
    }
    if settings.bucket_no_upscale {
        return shrunk(settings, image);
    }
    if predefined.contains(&image) {
        return image;
    }
    let ratio = aspect(image);
    let nearest = predefined.iter().min_by(|one, other| {
        let distance = |size: &Size| (aspect(*size) - ratio).abs();
        distance(one).total_cmp(&distance(other))
    });
    nearest.copied().unwrap_or(image)
}

/// Never enlarged: an image above the area is scaled down to it, the side that keeps the ratio better rounded first.
fn shrunk(settings: &DatasetSettings, image: Size) -> Size {
    let area = f64::from(settings.width) * f64::from(settings.height);
    let floor = |px: u32| px / STEP * STEP;
    if f64::from(image.0) * f64::from(image.1) <= area {
        return (floor(image.0), floor(image.1));
    }
    let ratio = aspect(image);
    let nearest = |px: f64| (px + 0.5) as u32;
    let width = (area * ratio).sqrt();
    let by_width = floor(nearest(width));
    let by_height = floor(nearest(area / width));
    let off = |size: Size| (aspect(size) - ratio).abs();
    let width_first = (by_width, floor(nearest(f64::from(by_width) / ratio)));
    let height_first = (floor(nearest(f64::from(by_height) * ratio)), by_height);
    if off(width_first) < off(height_first) {
        (by_width, floor(nearest(f64::from(by_width) / ratio)))
    } else {
        (floor(nearest(f64::from(by_height) * ratio)), by_height)
    }
}

fn aspect(size: Size) -> f64 {
    f64::from(size.0) / f64::from(size.1)
}
