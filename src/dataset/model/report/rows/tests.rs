use super::*;
use crate::dataset::model::bucket_choice::{BucketChoice, BucketPlace};
use crate::dataset::model::buckets::Size;
use crate::dataset::model::quality::Quality;

fn row(name: &str, state: Option<QualityState>, size: Option<(u32, u32)>) -> QualityRow {
    let buckets = BucketChoice::default().buckets().expect("buckets");
    let place = |(width, height)| {
        let size = Size::new(width, height);
        BucketPlace::of(size, &buckets.place(size).expect("a place"))
    };
    let quality = |state| Quality {
        state,
        remarks: Vec::new(),
    };
    QualityRow {
        filename: name.to_owned(),
        etag: String::new(),
        url: String::new(),
        thumbnail_url: String::new(),
        width: None,
        height: None,
        bucket: size.map(place),
        quality: state.map(quality),
        hash: None,
        duplicates: Vec::new(),
        palette: Vec::new(),
        luma: None,
        outlier: None,
    }
}

fn report(images: Vec<QualityRow>) -> QualityReport {
    QualityReport {
        images,
        ..QualityReport::default()
    }
}

fn four() -> QualityReport {
    let (square, wide) = (Some((512, 512)), Some((1_024, 256)));
    report(vec![
        row("a", Some(QualityState::Fine), square),
        row("b", None, wide),
        row("c", Some(QualityState::Bad), None),
        row("d", Some(QualityState::Look), square),
    ])
}

fn names(wanted: &Wanted, report: &QualityReport) -> String {
    let page = wanted.page(report);
    page.rows.iter().map(|r| r.filename.as_str()).collect()
}

#[test]
fn rows_are_shown_by_state_and_bucket_and_in_the_order_asked_for() {
    let (all, report) = (Wanted::default(), four());
    assert_eq!(names(&all, &report), "abcd");
    let by = |order| Wanted { order, ..all };
    assert_eq!(names(&by(Order::parse("state")), &report), "cdba");
    assert_eq!(names(&by(Order::parse("bucket")), &report), "adbc");
    assert_eq!(Order::parse("colour"), Order::Listed);
    let square = Wanted {
        bucket: Some((512, 512)),
        ..all
    };
    assert_eq!(names(&square, &report), "ad");
    let look = Wanted {
        state: Some(QualityState::Look),
        ..square
    };
    assert_eq!(names(&look, &report), "d");
    // the links to the states count within the bucket
    assert_eq!(look.count(&report, None), 2);
    assert_eq!(look.count(&report, Some(QualityState::Bad)), 0);
    assert_eq!(all.count(&report, Some(QualityState::Bad)), 1);
}

#[test]
fn every_row_is_on_one_page_and_a_page_that_is_gone_is_the_last_one() {
    let fine = Some(QualityState::Fine);
    let images = (0..ROWS * 2 + 5).map(|n| row(&format!("{n} "), fine, None));
    let report = report(images.collect());
    let page = |offset| {
        let wanted = Wanted {
            offset,
            ..Wanted::default()
        };
        let page = wanted.page(&report);
        (page.offset, page.rows.len(), page.total)
    };
    let total = report.images.len();
    assert_eq!(page(0), (0, ROWS, total));
    assert_eq!(page(ROWS), (ROWS, ROWS, total));
    assert_eq!(page(ROWS * 2), (ROWS * 2, 5, total));
    assert_eq!(page(usize::MAX), (ROWS * 2, 5, total));
    let none = QualityReport::default();
    let empty = Wanted::default().page(&none);
    assert_eq!((empty.offset, empty.rows.len(), empty.total), (0, 0, 0));
}
