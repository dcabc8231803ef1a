use super::*;
use crate::dataset::model::bucket_choice::BucketChoice;
use crate::dataset::model::buckets::Size;
use crate::dataset::model::twins::Twin;

/// A sharp, well exposed picture, as real covers measure.
fn sound() -> Analysis {
    let analysis = Analysis::of(1, 1, &[120, 120, 120, 255]).expect("a pixel");
    Analysis {
        sharpness: 1_800.0,
        detail: 0.72,
        luma: 130.0,
        contrast: 60.0,
        clipped_dark: 0.01,
        clipped_light: 0.02,
        ..analysis
    }
}

fn placed(size: (u32, u32), choice: &BucketChoice) -> Result<BucketPlace, BucketError> {
    let size = Size::new(size.0, size.1);
    let placed = choice.buckets().expect("buckets").place(size)?;
    Ok(BucketPlace::of(size, &placed))
}

/// Judged as an image of this size with these measures and twins; nothing is dismissed.
fn judged(size: (u32, u32), analysis: &Analysis, twins: &Twins) -> Quality {
    let place = placed(size, &BucketChoice::default());
    let facts = Facts {
        filename: "a.jpg",
        size,
        place: Some(&place),
        analysis,
        turn: Turn::None,
        flaws: &[],
        twins,
    };
    judge(&facts, |_| None)
}

fn found(quality: &Quality) -> Vec<(QualityCode, QualityState)> {
    quality.remarks.iter().map(|r| (r.code, r.state)).collect()
}

#[test]
fn a_sharp_picture_of_its_buckets_size_is_fine() {
    let quality = judged((768, 768), &sound(), &Twins::default());
    assert_eq!(quality, Quality::default());
}

#[test]
fn a_picture_smaller_than_its_bucket_is_looked_at_and_a_much_smaller_one_is_bad() {
    use QualityCode::Upscaled;
    let state = |side| found(&judged((side, side), &sound(), &Twins::default()));
    assert_eq!(state(512), []);
    assert_eq!(state(500), [(Upscaled, QualityState::Look)]);
    assert_eq!(state(300), [(Upscaled, QualityState::Bad)]);
    let message = &judged((300, 300), &sound(), &Twins::default()).remarks[0].message;
    assert!(
        message.contains("At 300 px width it is enlarged 1.71 times"),
        "{message}"
    );
}

#[test]
fn a_crop_above_35_percent_is_looked_at_and_above_half_it_is_bad() {
    let state = |size| found(&judged(size, &sound(), &Twins::default()));
    // the narrowest bucket is 256 × 1024
    assert_eq!(state((3_000, 750)), []);
    assert_eq!(
        state((6_400, 1_000)),
        [(QualityCode::Crop, QualityState::Look)]
    );
    assert_eq!(
        state((9_000, 1_000)),
        [(QualityCode::Crop, QualityState::Bad)]
    );
    let message = &judged((9_000, 1_000), &sound(), &Twins::default()).remarks[0].message;
    assert!(
        message.starts_with("56 % of the picture is cut away"),
        "{message}"
    );
}

#[test]
fn near_duplicates_are_named_and_the_same_file_is_bad() {
    let twins = |listed: &[(&str, u32)], others, same_file| Twins {
        listed: listed
            .iter()
            .map(|(filename, distance)| Twin {
                filename: (*filename).to_owned(),
                distance: *distance,
            })
            .collect(),
        others,
        same_file,
    };
    let two = [("b.jpg", 5), ("c.jpg", 3)];
    let near = judged((512, 512), &sound(), &twins(&two, 2, 0));
    assert_eq!(found(&near), [(QualityCode::Duplicate, QualityState::Look)]);
    assert!(
        near.remarks[0]
            .message
            .contains("b.jpg, c.jpg: 3 of 64 bits")
    );
    let many = judged((512, 512), &sound(), &twins(&two, 900, 0));
    let message = &many.remarks[0].message;
    assert!(message.contains("c.jpg and 898 more: 3"), "{message}");
    let same = judged(
        (512, 512),
        &sound(),
        &twins(&[("d.jpg", 0), ("b.jpg", 5)], 2, 1),
    );
    assert_eq!(same.state, QualityState::Bad);
    assert!(same.remarks[0].message.contains("The same file as d.jpg"));
}

#[test]
fn blurred_dark_and_transparent_pictures_say_their_figure_and_the_bound() {
    let blurred = Analysis {
        detail: 0.43,
        ..sound()
    };
    let quality = judged((512, 512), &blurred, &Twins::default());
    assert_eq!(found(&quality), [(QualityCode::Blur, QualityState::Look)]);
    assert!(quality.remarks[0].message.contains("0.43 of 1"));
    assert!(quality.remarks[0].message.contains("below 0.5"));
    let moved = Analysis {
        sharpness: 24.0,
        ..sound()
    };
    let quality = judged((512, 512), &moved, &Twins::default());
    assert!(
        quality.remarks[0].message.contains("Sharpness 24"),
        "{quality:?}"
    );
    let dark = Analysis {
        luma: 12.0,
        clipped_dark: 0.7,
        ..sound()
    };
    let quality = judged((512, 512), &dark, &Twins::default());
    assert_eq!(
        found(&quality),
        [(QualityCode::Exposure, QualityState::Bad)]
    );
    assert!(
        quality.remarks[0]
            .message
            .contains("mean brightness 12 of 255")
    );
    let cut_out = Analysis {
        transparent: 0.4,
        ..sound()
    };
    let quality = judged((512, 512), &cut_out, &Twins::default());
    assert_eq!(found(&quality), [(QualityCode::Alpha, QualityState::Bad)]);
    assert!(
        quality.remarks[0]
            .message
            .contains("40.0 % of the pixels are not opaque")
    );
}

#[test]
fn a_flat_drawing_with_few_hard_edges_is_sharp() {
    let flat = Analysis {
        sharpness: 24.0,
        detail: 0.87,
        ..sound()
    };
    assert_eq!(
        judged((512, 512), &flat, &Twins::default()),
        Quality::default()
    );
}

#[test]
fn a_picture_of_one_colour_is_said_to_lack_contrast_and_not_to_be_blurred() {
    let flat = Analysis::of(64, 64, &[128, 128, 128, 255].repeat(4_096)).expect("pixels");
    let quality = judged((512, 512), &flat, &Twins::default());
    assert_eq!(
        found(&quality),
        [(QualityCode::Exposure, QualityState::Bad)]
    );
}

#[test]
fn a_dismissed_remark_stays_to_be_read_but_does_not_count() {
    let small_and_soft = Analysis {
        detail: 0.4,
        ..sound()
    };
    let place = placed((300, 300), &BucketChoice::default());
    let facts = Facts {
        filename: "a.jpg",
        size: (300, 300),
        place: Some(&place),
        analysis: &small_and_soft,
        turn: Turn::None,
        flaws: &[],
        twins: &Twins::default(),
    };
    let dismissed =
        |codes: &[QualityCode], code| codes.contains(&code).then_some(QualityState::Bad);
    let state = |codes: &[QualityCode]| judge(&facts, |code| dismissed(codes, code)).state;
    assert_eq!(state(&[]), QualityState::Bad);
    assert_eq!(state(&[QualityCode::Upscaled]), QualityState::Look);
    assert_eq!(
        state(&[QualityCode::Upscaled, QualityCode::Blur]),
        QualityState::Fine
    );
    let quality = judge(&facts, |code| dismissed(&[QualityCode::Blur], code));
    assert_eq!(quality.remarks.iter().filter(|r| r.dismissed).count(), 1);
    // it was less bad when it was dismissed
    let was_soft = judge(&facts, |_| Some(QualityState::Look));
    assert_eq!(was_soft.state, QualityState::Bad);
    let dismissed: Vec<_> = was_soft
        .remarks
        .iter()
        .map(|r| (r.code, r.dismissed))
        .collect();
    assert_eq!(
        dismissed,
        [(QualityCode::Upscaled, false), (QualityCode::Blur, true)]
    );
}

#[test]
fn what_the_trainer_stops_on_and_what_cannot_be_decoded_is_bad() {
    let choice = BucketChoice {
        bucket_no_upscale: true,
        ..BucketChoice::default()
    };
    let place = placed((63, 500), &choice);
    let facts = Facts {
        filename: "a.jpg",
        size: (63, 500),
        place: Some(&place),
        analysis: &sound(),
        turn: Turn::Sideways,
        flaws: &[],
        twins: &Twins::default(),
    };
    let quality = judge(&facts, |_| None);
    let bad = [QualityCode::Turned, QualityCode::Untrainable].map(|c| (c, QualityState::Bad));
    assert_eq!(found(&quality), bad);
    assert_eq!(
        unreadable("a.jpg", "it unpacks to 4 GB", |_| None).state,
        QualityState::Bad
    );
}

#[test]
fn what_the_trainer_passes_over_or_silently_gets_wrong_is_bad_with_a_remedy() {
    let place = placed((768, 768), &BucketChoice::default());
    let stored = |filename, flaws: &[Flaw]| {
        let facts = Facts {
            filename,
            size: (768, 768),
            place: Some(&place),
            analysis: &sound(),
            turn: Turn::None,
            flaws,
            twins: &Twins::default(),
        };
        judge(&facts, |_| None)
    };
    for (filename, flaws, code, remedy) in [
        ("a.jpg", &[Flaw::Cmyk][..], QualityCode::Cmyk, "as RGB"),
        ("a.webp", &[Flaw::Animated], QualityCode::Animated, "frame"),
        ("a.png", &[Flaw::Grey16], QualityCode::Grey16, "with 8 bits"),
        ("a.Jpg", &[], QualityCode::Extension, "Rename it to .jpg"),
        ("a.gif", &[], QualityCode::Extension, "Use .jpg"),
    ] {
        let quality = stored(filename, flaws);
        assert_eq!(found(&quality), [(code, QualityState::Bad)], "{filename}");
        let message = &quality.remarks[0].message;
        assert!(
            message.starts_with(filename) && message.contains(remedy),
            "{message}"
        );
    }
    // said once each, by the remarks with a figure
    let told = stored("a.png", &[Flaw::Turned(6), Flaw::Transparent]);
    assert_eq!(found(&told), []);
    let unread = unreadable("a.Jpg", "a.Jpg is cut off.", |_| None);
    let codes = [QualityCode::Unreadable, QualityCode::Extension];
    assert_eq!(found(&unread), codes.map(|c| (c, QualityState::Bad)));
}

#[test]
fn no_figure_past_its_bound_reads_like_the_bound() {
    let told = |size, analysis: &Analysis| {
        let quality = judged(size, analysis, &Twins::default());
        quality.remarks[0].message.clone()
    };
    let of = |change: fn(&mut Analysis)| {
        let mut analysis = sound();
        change(&mut analysis);
        told((768, 768), &analysis)
    };
    for (message, figure) in [
        (of(|a| a.luma = 19.6), "brightness 19.6 of"),
        (of(|a| a.luma = 39.8), "brightness 39.8 of"),
        (of(|a| a.luma = 225.3), "brightness 225.3 of"),
        (of(|a| a.contrast = 8.97), "by 8.97 of"),
        (of(|a| a.detail = 0.498), "detail 0.498 of"),
        (of(|a| a.sharpness = 39.7), "Sharpness 39.7 ("),
        (of(|a| a.clipped_dark = 0.502), "50.2 % of"),
        (of(|a| a.clipped_light = 0.7504), "75.04 % of"),
        (of(|a| a.transparent = 0.1003), "10.03 % of"),
        (told((511, 511), &sound()), "enlarged 1.002 times"),
        (told((341, 341), &sound()), "enlarged 1.501 times"),
        // 256 × 1024 of 1000 pixels' height keeps 4000 of the width
        (told((6_160, 1_000), &sound()), "35.1 % of the picture"),
        (told((8_010, 1_000), &sound()), "50.1 % of the picture"),
    ] {
        assert!(message.contains(figure), "{figure}: {message}");
    }
}

#[test]
fn what_keeps_a_picture_out_of_the_training_cannot_be_dismissed() {
    let meant = |_| Some(QualityState::Bad);
    let unread = unreadable("a.jpg", "a.jpg is empty (0 bytes).", meant);
    assert_eq!(unread.state, QualityState::Bad);
    assert_eq!(unread.kept_out(), Some(QualityCode::Unreadable));
    let place = placed((768, 768), &BucketChoice::default());
    let facts = Facts {
        filename: "a.gif",
        size: (768, 768),
        place: Some(&place),
        analysis: &sound(),
        turn: Turn::None,
        flaws: &[Flaw::Animated],
        twins: &Twins::default(),
    };
    let passed_over = judge(&facts, meant);
    assert_eq!(passed_over.state, QualityState::Bad);
    let dismissed: Vec<_> = passed_over
        .remarks
        .iter()
        .map(|r| (r.code, r.dismissed))
        .collect();
    let (extension, animated) = (QualityCode::Extension, QualityCode::Animated);
    assert_eq!(dismissed, [(extension, false), (animated, true)]);
}
