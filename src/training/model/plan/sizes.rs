//! What the size settings quietly do: a resolution off the trainer's grid, and pixels that are paid for and not trained.

use super::{Plan, Remark};
use crate::training::model::form::TrainingRequest;

/// The trainer's buckets lie on multiples of this.
const GRID: u32 = 64;
/// A bucket with less than this share of the resolution's area wastes what is paid for.
const WORTH: f64 = 0.8;

pub(super) fn warnings(request: &TrainingRequest, plan: &Plan, warnings: &mut Vec<Remark>) {
    let settings = request.bucket_settings();
    if !settings.enable_bucket || settings.bucket_no_upscale {
        return;
    }
    let (width, height) = (settings.resolution.width, settings.resolution.height);
    let off_grid = [("width", width), ("height", height)]
        .into_iter()
        .find(|(_, side)| !side.is_multiple_of(GRID));
    if let Some((field, side)) = off_grid {
        let square = f64::from(width) * f64::from(height);
        let square = square.sqrt() as u32 / GRID * GRID;
        let text = format!(
            "{side} is no multiple of {GRID}: a square image is trained at {square} × {square}."
        );
        warnings.push(Remark::new(Some(field), "off_grid", text));
    }
    let area = f64::from(width) * f64::from(height);
    let longest = settings.max_bucket_reso.next_multiple_of(GRID);
    let share = |b: &&super::BucketCount| f64::from(b.width) * f64::from(b.height) / area;
    let small = plan
        .buckets
        .iter()
        .filter(|b| share(b) < WORTH && b.width.max(b.height) == longest);
    let images: u32 = small.clone().map(|b| b.images).sum();
    if let Some(worst) = small.min_by(|a, b| share(a).total_cmp(&share(b))) {
        let text = format!(
            "{images} of the images get less than they cost: {} × {} is {:.0} % of the training area, as {longest} is the longest side. Raise it to {}.",
            worst.width,
            worst.height,
            share(&worst) * 100.0,
            (longest + longest / 2).next_multiple_of(GRID).min(4_096)
        );
        warnings.push(Remark::new(Some("max_bucket_reso"), "short_side", text));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::costs::CostFacts;
    use super::super::super::form::TrainingForm;
    use super::super::super::parameters::Defaults;
    use super::*;
    use crate::dataset::model::buckets::Size;

    fn warned(parameters: &[(&str, &str)], images: &[Size]) -> Vec<Remark> {
        let form = TrainingForm {
            style_id: "1".into(),
            selection_set_id: "1".into(),
            name: "v1".into(),
            parameters: parameters.iter().copied().collect(),
            ..TrainingForm::default()
        };
        let request = TrainingRequest::parse(&form, &Defaults::new("1", "", images.len()));
        let request = request.expect("a request");
        let plan = Plan::new(&request, images, &CostFacts::default());
        let mut found = Vec::new();
        warnings(&request, &plan, &mut found);
        found
    }

    #[test]
    fn a_resolution_off_the_grid_says_what_is_trained() {
        let found = warned(
            &[("width", "500"), ("height", "500")],
            &[Size::new(900, 900)],
        );
        assert!(found[0].message.contains("448 × 448"), "{found:?}");
        assert!(warned(&[], &[Size::new(900, 900)]).is_empty());
    }

    #[test]
    fn portraits_cut_short_by_the_longest_side_are_counted_and_a_higher_one_mends_it() {
        let large = [("width", "1024"), ("height", "1024")];
        let images = [Size::new(800, 1_200), Size::new(1_000, 1_000)];
        let found = warned(&large, &images);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].code, "short_side");
        assert!(found[0].message.contains("704 × 1024 is 69 %"), "{found:?}");
        assert!(found[0].message.contains("Raise it to 1536"), "{found:?}");
        let mended = [large[0], large[1], ("max_bucket_reso", "1536")];
        assert!(warned(&mended, &images).is_empty());
        // at 512 px the longest side is far away
        assert!(warned(&[], &images).is_empty());
    }
}
