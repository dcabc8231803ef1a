use super::*;
use crate::training::model::costs::{CostFacts, CostSettings};
use crate::training::model::dataset::DatasetFacts;
use crate::training::model::judge::StyleFacts;
use crate::training::model::names::UsedName;
use crate::training::model::version::{ParameterValue, Status, TrainingVersion};

fn sweep(axes: &[(&str, &str)]) -> SweepForm {
    let axis = |(parameter, values): &(&str, &str)| Axis {
        parameter: (*parameter).to_owned(),
        values: (*values).to_owned(),
    };
    SweepForm {
        form: TrainingForm {
            style_id: "16".into(),
            selection_set_id: "1".into(),
            name: "V9".into(),
            ..TrainingForm::default()
        },
        vary: axes.iter().map(axis).collect(),
        in_flight: String::new(),
    }
}

fn names(axes: &[(&str, &str)]) -> Vec<String> {
    let expanded = expand(&sweep(axes)).expect("sound values");
    expanded.points.into_iter().map(|p| p.form.name).collect()
}

fn fields(sweep: &SweepForm) -> Vec<String> {
    let errors = expand(sweep).expect_err("something is wrong");
    errors.into_iter().map(|e| e.field).collect()
}

#[test]
fn two_rates_and_two_ranks_are_four_runs_whose_names_say_what_differs() {
    let axes = [
        ("learning_rate", "0.0001, 4e-4"),
        ("network_dim", "16,32"),
        ("", ""),
    ];
    assert_eq!(
        names(&axes),
        [
            "V9-lr1e-4-r16",
            "V9-lr1e-4-r32",
            "V9-lr4e-4-r16",
            "V9-lr4e-4-r32"
        ]
    );
    let expanded = expand(&sweep(&axes)).unwrap();
    assert_eq!(expanded.points[1].form.parameters.get("network_dim"), "32");
    assert_eq!(expanded.varies, ["learning_rate", "network_dim"]);
    assert_eq!(expanded.in_flight, IN_FLIGHT_DEFAULT);
}

#[test]
fn a_single_value_is_set_and_not_named() {
    assert_eq!(
        names(&[("network_dim", "24"), ("optimizer_type", "adamw8bit, CAME")]),
        ["V9-adamw8bit", "V9-CAME"]
    );
}

#[test]
fn texts_that_look_alike_in_a_name_are_told_apart_by_number() {
    let lines = "ink style\nink, style\nINK-STYLE";
    assert_eq!(
        names(&[("class_tokens", lines)]),
        ["V9-ink_style", "V9-ink__style", "V9-INK_STYLE-2"]
    );
}

#[test]
fn what_is_wrong_with_the_values_is_said_by_field() {
    let wrong = sweep(&[
        ("learning_rate", "0.0001, fast"),
        ("no_such", "1"),
        ("network_dim", ""),
        ("", "3"),
    ]);
    assert_eq!(
        fields(&wrong),
        ["vary.0.values", "vary.1.parameter", "vary.3.parameter"]
    );
    assert_eq!(
        fields(&sweep(&[("network_dim", "16, 16")])),
        ["vary.0.values"]
    );
    assert_eq!(
        fields(&sweep(&[("network_dim", "8"), ("network_dim", "16")])),
        ["vary.1.parameter"]
    );
}

#[test]
fn a_sweep_has_two_to_sixteen_runs() {
    assert_eq!(fields(&sweep(&[("network_dim", "16")])), ["vary"]);
    assert_eq!(fields(&sweep(&[])), ["vary"]);
    let sixteen = [("network_dim", "4,8,16,32"), ("batch_size", "1,2,3,4")];
    assert_eq!(names(&sixteen).len(), 16);
    let many = [("network_dim", "4,8,16,32"), ("batch_size", "1,2,3,4,5")];
    let errors = expand(&sweep(&many)).unwrap_err();
    assert!(errors[0].message.contains("20 runs") && errors[0].message.contains("16"));
}

#[test]
fn the_limit_in_flight_has_bounds() {
    for typed in ["0", "17", "two", "-1"] {
        let mut form = sweep(&[("network_dim", "8,16")]);
        form.in_flight = typed.into();
        assert_eq!(fields(&form), [IN_FLIGHT_FIELD], "{typed}");
    }
    let mut form = sweep(&[("network_dim", "8,16")]);
    form.in_flight = " 16 ".into();
    assert_eq!(expand(&form).unwrap().in_flight, 16);
}

#[test]
fn a_sweep_without_a_name_is_refused_at_it_and_told_once() {
    for blank in ["", "  "] {
        let mut form = sweep(&[("network_dim", "8,16")]);
        form.form.name = blank.into();
        assert_eq!(fields(&form), ["name"]);
        let plan = judge_sweep(&form, &paid(None, None), &DatasetFacts::default());
        assert_eq!(plan.runs, []);
        let told = &plan.problems[0].message;
        assert!(told.starts_with("The version name is missing"), "{told}");
        assert_eq!(plan.problems.len(), 1, "{:?}", plan.problems);
        form.vary.clear();
        assert_eq!(fields(&form), ["name", "vary"]);
    }
}

fn paid(month_cap: Option<f64>, run_cap: Option<f64>) -> StyleFacts {
    StyleFacts {
        class_tokens: "ink".into(),
        used_names: Vec::new(),
        costs: CostFacts {
            settings: CostSettings {
                month_cap_usd: month_cap,
                run_cap_usd: run_cap,
                ..CostSettings::default()
            },
            month: "November 2026".into(),
            ..CostFacts::default()
        },
        ..StyleFacts::default()
    }
}

fn codes(plan: &SweepPlan) -> Vec<&str> {
    plan.problems.iter().map(|p| p.code.as_str()).collect()
}

#[test]
fn time_and_cost_are_those_of_all_runs_and_the_months_cap_is_asked_once_for_all() {
    let form = sweep(&[("network_dim", "8,16,32"), ("max_train_steps", "1000")]);
    let plan = judge_sweep(&form, &paid(None, None), &DatasetFacts::default());
    let one = &plan.runs[0];
    assert_eq!(plan.gpu_seconds, 3 * one.seconds);
    assert_eq!(plan.wall_seconds, 2 * one.seconds, "two at a time");
    let total = plan.cost_usd.expect("a price is chosen");
    assert!((total - 3.0 * one.cost_usd.unwrap()).abs() < 0.005);
    // each run alone would fit into the month, the three together do not
    let cap = Some(one.cost_usd.unwrap() * 2.0);
    let over = judge_sweep(&form, &paid(cap, None), &DatasetFacts::default());
    assert_eq!(codes(&over), ["over_month_cap"]);
    assert!(over.problems[0].message.contains("the 3 runs"));
    let over = judge_sweep(&form, &paid(None, Some(0.01)), &DatasetFacts::default());
    assert_eq!(
        codes(&over),
        ["over_run_cap"],
        "the same for all, said once"
    );
}

#[test]
fn a_problem_of_one_run_names_it_and_a_taken_name_refuses_the_sweep() {
    let mut style = paid(None, None);
    style.used_names.push(UsedName {
        name: "v9-R16".into(),
        status: Some(Status::Completed),
        renamed: None,
    });
    let form = sweep(&[("network_dim", "8,16")]);
    let plan = judge_sweep(&form, &style, &DatasetFacts::default());
    assert_eq!(codes(&plan), ["name_taken"]);
    let form = sweep(&[("min_bucket_reso", "256, 1024")]);
    let plan = judge_sweep(&form, &paid(None, None), &DatasetFacts::default());
    assert!(!plan.problems.is_empty());
    let named = |p: &crate::training::model::plan::Remark| p.message.starts_with("V9-mbr1024: ");
    assert!(plan.problems.iter().all(named), "{:?}", plan.problems);
}

fn member(number: u32, name: &str, rank: i64) -> TrainingVersion {
    TrainingVersion {
        id: format!("style_16_{number}"),
        name: name.into(),
        request_id: Some(format!("16_{number}")),
        parameters: [("network_dim".to_owned(), ParameterValue::Int(rank))].into(),
        queued: Some(true),
        sweep: Some(SweepPlace {
            id: "sweep_16_1".into(),
            number,
            of: 3,
            in_flight: 2,
            varies: vec!["network_dim".into()],
        }),
        ..TrainingVersion::default()
    }
}

#[test]
fn a_sweep_stands_as_its_versions_do() {
    let mut first = member(1, "V9-r8", 8);
    first.queued = None;
    first.status = Status::Completed;
    let mut second = member(2, "V9-r16", 16);
    second.queued = None;
    let other = TrainingVersion::default();
    let versions = [member(3, "V9-r32", 32), other, second, first];
    let sweeps = standing("16", &versions);
    assert_eq!(sweeps.len(), 1);
    let sweep = &sweeps[0];
    assert_eq!(sweep.name, "V9");
    assert_eq!((sweep.waiting, sweep.running, sweep.completed), (1, 1, 1));
    let values: Vec<&str> = sweep.runs.iter().map(|r| r.values[0].as_str()).collect();
    assert_eq!(values, ["8", "16", "32"]);
    assert!(sweep.is_live());
}
