use super::*;

fn settings(width: u32, height: u32) -> BucketSettings {
    BucketSettings {
        resolution: Size::new(width, height),
        enable_bucket: true,
        bucket_no_upscale: false,
        min_bucket_reso: 256,
        max_bucket_reso: 1_024,
    }
}

#[test]
fn a_resolution_of_500_trains_squares_at_448() {
    let buckets = Buckets::new(&settings(500, 500)).expect("buckets");
    let placed = buckets.place(Size::new(500, 500)).expect("a place");
    assert_eq!(placed.bucket, Size::new(448, 448));
    assert!((placed.crop_loss() - 0.0).abs() < 1e-12);
}

#[test]
fn bounds_are_rounded_outwards_before_they_are_held_against_the_training_size() {
    let fits = BucketSettings {
        max_bucket_reso: 1_000,
        ..settings(1_024, 1_024)
    };
    assert!(Buckets::new(&fits).is_ok());
    let below = BucketSettings {
        max_bucket_reso: 960,
        ..fits
    };
    assert!(matches!(
        Buckets::new(&below),
        Err(BucketError::MaxBelowResolution { side: 1_024, .. })
    ));
    let told = |settings| Buckets::new(settings).err().map(|e| e.to_string());
    let words = told(&below).unwrap_or_default();
    assert!(words.starts_with("max_bucket_reso 960 is below"), "{words}");
    let odd = BucketSettings {
        max_bucket_reso: 900,
        ..fits
    };
    let words = told(&odd).unwrap_or_default();
    assert!(
        words.starts_with("max_bucket_reso 900 (rounded up to 960) is below"),
        "{words}"
    );
    let above = BucketSettings {
        min_bucket_reso: 320,
        ..settings(300, 512)
    };
    assert!(matches!(
        Buckets::new(&above),
        Err(BucketError::MinAboveResolution { side: 300, .. })
    ));
    let off = BucketSettings {
        enable_bucket: false,
        ..below
    };
    assert!(
        Buckets::new(&off).is_ok(),
        "without buckets the bounds do not matter"
    );
}

#[test]
fn an_image_too_small_to_train_without_enlarging_is_refused() {
    let buckets = Buckets::new(&BucketSettings {
        bucket_no_upscale: true,
        ..settings(512, 512)
    })
    .expect("buckets");
    assert!(matches!(
        buckets.place(Size::new(63, 500)),
        Err(BucketError::TooSmall { .. })
    ));
    assert!(matches!(
        buckets.place(Size::new(500, 63)),
        Err(BucketError::TooSmall { .. })
    ));
    assert!(matches!(
        buckets.place(Size::new(40_000, 64)),
        Err(BucketError::TooSmall { .. })
    ));
    assert_eq!(buckets.place(Size::new(0, 0)), Err(BucketError::Unreadable));
}

#[test]
fn each_bucket_fills_its_own_batches() {
    let counts = BTreeMap::from([
        (Size::new(384, 640), 3),
        (Size::new(512, 512), 4),
        (Size::new(640, 384), 5),
    ]);
    assert_eq!(batches_per_epoch(&counts, 1, 2), 7);
    assert_eq!(batches_per_epoch(&counts, 3, 4), 10);
}
