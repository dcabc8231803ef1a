use super::super::form::TrainingForm;
use super::super::parameters::Defaults;
use super::*;

fn request(parameters: &[(&str, &str)]) -> TrainingRequest {
    let form = TrainingForm {
        style_id: "16".into(),
        selection_set_id: "1".into(),
        name: "v1.0".into(),
        parameters: parameters.iter().copied().collect(),
        ..TrainingForm::default()
    };
    TrainingRequest::parse(&form, &Defaults::new("16", "", 30)).expect("a request")
}

fn timing(batch_size: u32, factor: f64) -> Timing {
    let size = Size::new(512, 512);
    Timing {
        batch_size,
        size,
        steps: 1_000,
        seconds: stated(batch_size, size, 1_000) * factor,
    }
}

fn facts(run_cap: Option<f64>, month_cap: Option<f64>) -> CostFacts {
    CostFacts {
        settings: CostSettings {
            run_cap_usd: run_cap,
            month_cap_usd: month_cap,
            ..CostSettings::default()
        },
        month_usd: 9.8,
        month: "November 2026".into(),
        ..CostFacts::default()
    }
}

#[test]
fn without_runs_the_stated_time_is_taken_and_says_so() {
    let estimate = estimate(&request(&[]), &[]);
    assert_eq!((estimate.seconds, estimate.basis), (1_200.0, Basis::Stated));
    assert!(estimate.basis.words().starts_with("Stated"));
}

#[test]
fn runs_with_the_same_settings_count_before_all_others() {
    let history = [timing(2, 2.0), timing(2, 4.0), timing(1, 0.5)];
    let same = estimate(&request(&[]), &history);
    assert_eq!(
        (same.seconds.round(), same.basis),
        (3_600.0, Basis::Alike(2))
    );
    let other = estimate(&request(&[("batch_size", "4")]), &history);
    assert_eq!(other.basis, Basis::Scaled(3));
    assert!((other.seconds / stated_seconds(&request(&[("batch_size", "4")])) - 2.0).abs() < 1e-9);
}

#[test]
fn a_cost_is_the_price_of_its_seconds_in_whole_cents() {
    assert_eq!(facts(None, None).cost(1_320.0), Some(0.42));
    assert_eq!(cents(0.41), 0.41);
    let unknown = CostFacts {
        settings: CostSettings {
            gpu: "another".into(),
            ..CostSettings::default()
        },
        ..CostFacts::default()
    };
    assert_eq!(unknown.cost(1_320.0), None);
}

#[test]
fn a_cap_that_would_be_passed_is_named_with_both_amounts() {
    let over = facts(Some(0.3), Some(10.0)).over_caps(Some(0.41));
    let texts: Vec<&str> = over.iter().map(|r| r.message.as_str()).collect();
    assert!(
        texts[0].contains("$0.41") && texts[0].contains("$0.30"),
        "{texts:?}"
    );
    assert!(
        texts[1].contains("November 2026 would come to $10.21"),
        "{texts:?}"
    );
    assert_eq!(facts(Some(0.41), Some(10.21)).over_caps(Some(0.41)), []);
    assert_eq!(facts(Some(0.1), None).over_caps(None), []);
}

#[test]
fn a_cap_without_a_price_to_hold_it_to_is_named_and_so_is_a_gpu_that_has_none() {
    let mut unpriced = facts(Some(0.1), None);
    unpriced.settings.gpu = String::new();
    assert_eq!(unpriced.over_caps(None)[0].code, "no_price");
    assert_eq!(facts(None, None).over_caps(None), []);
    unpriced.settings.gpu = "nosuch".into();
    let errors = unpriced.settings.checked().unwrap_err();
    assert_eq!(errors[0].field, "gpu");
    assert!(errors[0].message.contains("nosuch"));
}

#[test]
fn the_price_table_is_read_back_as_it_was_written() {
    let settings = CostSettings::default();
    assert_eq!(CostForm::of(&settings).read(), Ok(settings));
}

#[test]
fn odd_prices_are_refused_by_row_and_an_emptied_row_is_dropped() {
    let row = |gpu: &str, usd: &str| PriceRow {
        gpu: gpu.into(),
        usd: usd.into(),
    };
    let form = CostForm {
        rows: vec![
            row("A", "1"),
            row("A", "2"),
            row("", "3"),
            row("B", "-1"),
            row("", ""),
            row("C", "inf"),
        ],
        run_cap: "much".into(),
        ..CostForm::default()
    };
    let errors = form.read().expect_err("refused");
    let fields: Vec<&str> = errors.iter().map(|e| e.field.as_str()).collect();
    assert_eq!(fields, ["run_cap", "gpu.1", "gpu.2", "price.3", "price.5"]);
    let sound = CostForm {
        rows: vec![row("A", "$1.50"), row("", "")],
        chosen: "0".into(),
        ..CostForm::default()
    };
    let settings = sound.read().expect("sound");
    assert_eq!(settings.chosen().map(|p| p.usd_per_hour), Some(1.5));
}

/// The guide and the field's own help say "a little more than twice the price".
#[test]
fn a_run_at_1024_px_costs_a_little_more_than_twice_as_much() {
    let seconds = |size: &str| stated_seconds(&request(&[("width", size), ("height", size)]));
    let times = seconds("1024") / seconds("512");
    assert!((2.05..2.4).contains(&times), "{times}");
}
