use super::*;

fn defaults() -> Defaults {
    Defaults::new("16", "", 30)
}

fn form(parameters: &[(&str, &str)]) -> TrainingForm {
    TrainingForm {
        style_id: "16".to_owned(),
        selection_set_id: "1".to_owned(),
        name: "v1.0".to_owned(),
        description: String::new(),
        parameters: parameters.iter().copied().collect(),
        ..TrainingForm::default()
    }
}

fn fields(parameters: &[(&str, &str)]) -> Vec<String> {
    match TrainingRequest::parse(&form(parameters), &defaults()) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.into_iter().map(|error| error.field).collect(),
    }
}

#[test]
fn an_empty_form_means_the_defaults() {
    let request =
        TrainingRequest::parse(&form(&[("network_dim", "")]), &defaults()).expect("a request");
    assert_eq!(request.values.int("network_dim"), 16);
    assert_eq!(request.learning_rate(), 0.0001);
    assert_eq!(request.max_train_steps(), 1_200);
    assert_eq!(request.values.text("class_tokens"), "style_16");
    assert_eq!(request.values.text("lr_scheduler"), "cosine_with_restarts");
    assert_eq!(request.model_name(), "style_16_v1.0");
}

#[test]
fn a_typed_value_is_kept_as_typed_even_where_a_recommendation_differs() {
    let request = TrainingRequest::parse(&form(&[("max_train_steps", "1000")]), &defaults())
        .expect("a request");
    assert_eq!(request.max_train_steps(), 1_000);
}

#[test]
fn every_problem_comes_at_once_by_field() {
    let form = TrainingForm {
        style_id: "16".to_owned(),
        name: "my version/1".to_owned(),
        description: "x".repeat(2_001),
        parameters: [
            ("network_dim", "many"),
            ("learning_rate", "NaN"),
            ("max_train_steps", "100001"),
            ("lr_scheduler", "linear"),
            ("enable_bucket", "maybe"),
            ("network_dims", "16"),
            ("seed", "7"),
        ]
        .into_iter()
        .collect(),
        ..TrainingForm::default()
    };
    let errors = TrainingRequest::parse(&form, &defaults()).expect_err("problems");
    let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "selectionSetId",
            "name",
            "description",
            "max_train_steps",
            "learning_rate",
            "network_dim",
            "lr_scheduler",
            "enable_bucket",
            "network_dims",
            "seed"
        ]
    );
    assert!(errors.iter().all(|error| !error.message.is_empty()));
}

#[test]
fn infinite_and_out_of_bounds_numbers_are_refused() {
    for rate in ["inf", "-inf", "nan", "1e400", "-0.1", "10.1", "0", "0,0001"] {
        assert_eq!(
            fields(&[("learning_rate", rate)]),
            ["learning_rate"],
            "{rate}"
        );
    }
    for steps in ["0", "-1", "100001", "1.5", "1e3", "99999999999999999999"] {
        assert_eq!(
            fields(&[("max_train_steps", steps)]),
            ["max_train_steps"],
            "{steps}"
        );
    }
}

#[test]
fn combinations_the_trainer_stops_on_are_refused_with_the_fields_name() {
    assert_eq!(
        fields(&[("caption_dropout_rate", "0.1")]),
        ["caption_dropout_rate"]
    );
    assert_eq!(fields(&[("shuffle_caption", "true")]), ["shuffle_caption"]);
    assert!(
        fields(&[
            ("shuffle_caption", "true"),
            ("cache_text_encoder_outputs", "disabled")
        ])
        .is_empty()
    );
    assert_eq!(
        fields(&[("lr_scheduler", "constant"), ("lr_warmup_steps", "1")]),
        ["lr_warmup_steps"]
    );
    assert_eq!(
        fields(&[("lr_scheduler", "polynomial"), ("lr_warmup_steps", "1200")]),
        ["lr_warmup_steps"]
    );
    assert_eq!(
        fields(&[("width", "1088"), ("height", "1024")]),
        ["max_bucket_reso"]
    );
    assert_eq!(
        fields(&[("width", "128"), ("height", "128")]),
        ["min_bucket_reso"]
    );
    assert_eq!(
        fields(&[("min_bucket_reso", "1024"), ("max_bucket_reso", "512")]),
        ["min_bucket_reso"]
    );
    assert_eq!(
        fields(&[("width", "520"), ("enable_bucket", "false")]),
        ["width"]
    );
    assert_eq!(
        fields(&[
            ("blocks_to_swap", "18"),
            ("gradient_checkpointing", "enabled_with_cpu_offloading")
        ]),
        ["blocks_to_swap"]
    );
    assert_eq!(
        fields(&[("save_every_n_steps", "10")]),
        ["save_every_n_steps"]
    );
    assert!(fields(&[("save_every_n_steps", "24")]).is_empty());
    let by_sigma = ("timestep_sampling", "sigma");
    let scaled = ("model_prediction_type", "sigma_scaled");
    assert_eq!(fields(&[scaled]), ["model_prediction_type"]);
    assert!(fields(&[scaled, by_sigma]).is_empty());
    let no_shift = ("discrete_flow_shift", "0");
    assert_eq!(fields(&[no_shift]), ["discrete_flow_shift"]);
    assert_eq!(fields(&[no_shift, by_sigma]), ["discrete_flow_shift"]);
    assert!(fields(&[no_shift, ("timestep_sampling", "uniform")]).is_empty());
    let mode = ("weighting_scheme", "mode");
    assert_eq!(
        fields(&[by_sigma, mode, ("mode_scale", "7.24")]),
        ["mode_scale"]
    );
    assert!(fields(&[by_sigma, mode, ("mode_scale", "7.23")]).is_empty());
    assert!(fields(&[mode, ("mode_scale", "10")]).is_empty());
    let uncached = ("cache_latents", "disabled");
    assert_eq!(
        fields(&[uncached, ("enable_bucket", "false")]),
        ["cache_latents"]
    );
    assert!(fields(&[uncached]).is_empty());
}

#[test]
fn a_trigger_the_trainer_would_garble_is_refused_and_any_other_is_not() {
    for token in [
        "a\\x41",
        "\"",
        "\"\"a",
        "bell\u{7}",
        "no\u{a0}break",
        "soft\u{ad}hyphen",
        "  ",
    ] {
        assert_eq!(
            fields(&[("class_tokens", token)]),
            ["class_tokens"],
            "{token:?}"
        );
    }
    for token in [
        "a \"quoted\" back\\slash token",
        "スタイル☕",
        "it's",
        "[a] # b = {c}",
        "two\nlines",
        " padded ",
    ] {
        assert!(fields(&[("class_tokens", token)]).is_empty(), "{token:?}");
    }
    let broken = [
        ("class_tokens", "two\nlines"),
        ("cache_text_encoder_outputs", "disabled"),
    ];
    assert_eq!(fields(&broken), ["class_tokens"]);
}

#[test]
fn a_trigger_too_long_for_the_trainers_dataset_description_is_refused() {
    // frame 334, numbers 16, flags 19, dropout 3, path 14: 386 with the defaults
    assert!(fields(&[("class_tokens", &"x".repeat(4_095 - 386))]).is_empty());
    assert_eq!(
        fields(&[("class_tokens", &"x".repeat(4_096 - 386))]),
        ["class_tokens"]
    );
    assert_eq!(
        fields(&[("class_tokens", &"x".repeat(9_000))]),
        ["class_tokens"]
    );
}

#[test]
fn a_version_name_is_safe_in_a_file_name_and_an_s3_key() {
    let named = |name: &str| TrainingForm {
        name: name.to_owned(),
        ..form(&[])
    };
    for name in ["", "a b", "ü", "a/b", "..\\a", "a\n", &"x".repeat(65)] {
        let errors = TrainingRequest::parse(&named(name), &defaults()).expect_err("a refused name");
        assert_eq!(errors[0].field, "name", "{name:?}");
    }
    for name in ["v1.0", "V3", "long-run_2", &"x".repeat(64)] {
        assert!(
            TrainingRequest::parse(&named(name), &defaults()).is_ok(),
            "{name:?}"
        );
    }
}

#[test]
fn a_form_with_problems_still_gives_something_to_preview() {
    let (request, errors) = TrainingRequest::read(
        &form(&[("network_dim", "0"), ("class_tokens", "a\\x41")]),
        &defaults(),
    );
    assert_eq!(errors.len(), 2);
    assert_eq!(request.values.int("network_dim"), 16);
    assert_eq!(request.caption_settings().class_tokens, "a\\x41");
}

#[test]
fn a_request_written_out_as_a_form_reads_back_the_same() {
    let typed = [
        ("learning_rate", "3e-7"),
        ("class_tokens", " a,b "),
        ("cache_latents", "disk"),
        ("flip_aug", "on"),
    ];
    let request = TrainingRequest::parse(&form(&typed), &defaults()).expect("a request");
    let again =
        TrainingRequest::parse(&TrainingForm::of(&request), &Defaults::new("x", "other", 1))
            .expect("a request");
    assert_eq!(again, request);
}

#[test]
fn a_json_body_may_carry_numbers_booleans_and_nulls() {
    let body = r#"{"styleId":"16","selectionSetId":1,"name":"v1.0",
        "parameters":{"network_dim":32,"network_alpha":16.0,"learning_rate":0.0001,"flip_aug":true,"sample_prompts":null}}"#;
    let form: TrainingForm = serde_json::from_str(body).expect("a form");
    let request = TrainingRequest::parse(&form, &defaults()).expect("a request");
    assert_eq!(request.values.int("network_dim"), 32);
    assert!(request.values.is("flip_aug"));
    let written = serde_json::to_value(&request).expect("JSON");
    assert_eq!(written["parameters"]["learning_rate"], 0.0001);
    assert_eq!(written["parameters"]["network_dim"], 32);
}
