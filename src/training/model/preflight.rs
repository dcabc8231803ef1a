//! What is looked at before a start: each point green, amber or red, with the remedy. Amber may be overridden by a person
//! who has seen it, red may not. Asks nobody; the answers are handed in.

use super::costs::is_of_cost;
use super::judge::Judged;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Light {
    Green,
    /// May go wrong; a person decides.
    Amber,
    /// Will go wrong.
    Red,
}

impl Light {
    /// Class and icon of a check.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Green => "ok",
            Self::Amber => "warning",
            Self::Red => "error",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Green => "Ready: ",
            Self::Amber => "Doubtful: ",
            Self::Red => "Not ready: ",
        }
    }
}

/// One point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Check {
    /// Stable word: `s3`, `trainer`, `webhook`, `other_runs`, `captions`, `name`, `settings`, `cost`.
    pub id: String,
    pub light: Light,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub remedy: Option<String>,
}

impl Check {
    pub fn new(id: &str, light: Light, text: impl Into<String>, remedy: &str) -> Self {
        Self {
            id: id.to_owned(),
            light,
            text: text.into(),
            remedy: Some(remedy.to_owned()).filter(|r| !r.is_empty()),
        }
    }

    pub fn green(id: &str, text: impl Into<String>) -> Self {
        Self::new(id, Light::Green, text, "")
    }
}

/// What carries a webhook from the endpoint to the studio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookWay {
    /// Nothing: both are on this machine.
    Here,
    /// A program that the studio runs.
    Tunnel,
    /// Whatever leads from `PUBLIC_URL` to the studio; it is not ours.
    PublicUrl,
}

/// The webhook below the address `base`, and how it answered there.
pub fn webhook_at(base: &str, way: WebhookWay, answer: Result<(), String>) -> Check {
    let why = match (answer, way) {
        (Ok(()), WebhookWay::Here) => {
            let text = format!(
                "The webhook answers on this machine, at {base}, where a local endpoint reaches it."
            );
            return Check::green("webhook", text);
        }
        (Ok(()), WebhookWay::Tunnel | WebhookWay::PublicUrl) => {
            let text = "The webhook answers at its public address.";
            return Check::green("webhook", text);
        }
        (Err(why), _) => why,
    };
    let mend = match way {
        WebhookWay::Here => "Start the studio again",
        WebhookWay::Tunnel => "Start the tunnel again",
        WebhookWay::PublicUrl => {
            "Check PUBLIC_URL and what forwards it to WEBHOOK_PORT of this studio"
        }
    };
    let remedy =
        format!("{mend}, or go on: the studio asks the endpoint itself as long as it runs.");
    let text = format!("The webhook cannot be reached at {base}: {why}");
    Check::new("webhook", Light::Amber, text, &remedy)
}

/// Workers and jobs of the endpoint, as it counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Workers {
    pub in_queue: u64,
    pub idle: u64,
    pub ready: u64,
    pub running: u64,
    pub initializing: u64,
    pub throttled: u64,
    pub unhealthy: u64,
}

/// Why the endpoint told nothing of itself, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoHealth {
    /// A submit would be refused too.
    Refused(String),
    /// Busy or slow for the moment; a submit may go through.
    Passing(String),
}

/// The endpoint.
pub fn trainer(answer: Result<Workers, NoHealth>) -> Check {
    let workers = match answer {
        Ok(workers) => workers,
        Err(NoHealth::Refused(why)) => {
            let remedy = "Check the endpoint id and the API key in .env, and the endpoint on RunPod's dashboard.";
            return Check::new("trainer", Light::Red, why, remedy);
        }
        Err(NoHealth::Passing(why)) => {
            let remedy = "It may pass: look again in a minute. A start that RunPod did not confirm is looked for, not sent twice.";
            return Check::new("trainer", Light::Amber, why, remedy);
        }
    };
    // the same worker may be counted as idle and as ready
    let up = workers.idle.max(workers.ready) + workers.running;
    let jobs = match workers.in_queue {
        0 => String::new(),
        1 => ", 1 job waits".to_owned(),
        n => format!(", {n} jobs wait"),
    };
    let amber = |text: String, remedy| Check::new("trainer", Light::Amber, text, remedy);
    if up > 0 {
        let crashing = match workers.unhealthy {
            0 => String::new(),
            1 => ", 1 crashes again and again".to_owned(),
            n => format!(", {n} crash again and again"),
        };
        return Check::green(
            "trainer",
            format!("The endpoint answers, {up} of its workers up{crashing}{jobs}."),
        );
    }
    if workers.unhealthy > 0 {
        let text = format!(
            "{} of the endpoint's workers crash again and again, none is up{jobs}.",
            workers.unhealthy
        );
        return amber(
            text,
            "Look at their logs on RunPod's dashboard: often the image or a model file is missing.",
        );
    }
    if workers.throttled > 0 {
        let text = format!("All workers are throttled{jobs}: RunPod is short of this GPU.");
        return amber(
            text,
            "Add another GPU type or region to the endpoint, or wait: the job stays in the queue for a day.",
        );
    }
    if workers.initializing > 0 {
        return Check::green(
            "trainer",
            format!("The endpoint answers, a worker is starting{jobs}."),
        );
    }
    if workers.in_queue > 0 {
        let text = format!("No worker is up{jobs}.");
        return amber(
            text,
            "Raise the endpoint's max workers: an endpoint unused for a week is set to 0.",
        );
    }
    Check::green(
        "trainer",
        "The endpoint answers. No worker is up; one starts with the job.",
    )
}

/// What the judgement of the form has to say: captions, name and everything else typed.
pub fn of_form(judged: &Judged) -> Vec<Check> {
    let about = |field: &str| {
        let problems = judged
            .problems
            .iter()
            .filter(move |p| p.field.as_deref() == Some(field));
        problems.map(|p| p.message.clone()).collect::<Vec<_>>()
    };
    let images = judged.defaults.images;
    let point = |id, wrong: Vec<String>, fine: String| match wrong.as_slice() {
        [] => Check::green(id, fine),
        wrong => Check::new(id, Light::Red, wrong.join(" "), ""),
    };
    let of_dataset = about("selectionSetId");
    let of_name = about("name");
    let of_cost = judged.problems.iter().filter(|p| is_of_cost(p));
    let of_cost: Vec<String> = of_cost.map(|p| p.message.clone()).collect();
    let others = judged.problems.len() - of_dataset.len() - of_name.len() - of_cost.len();
    let settings = match others {
        0 => Vec::new(),
        1 => {
            vec!["One setting cannot be trained: see its field, or the problems below.".to_owned()]
        }
        n => vec![format!(
            "{n} settings cannot be trained: see their fields, or the problems below."
        )],
    };
    let mut checks = vec![
        point(
            "captions",
            of_dataset,
            format!("{images} images, each with a caption."),
        ),
        point(
            "name",
            of_name,
            format!("The name {} is free.", judged.request.name),
        ),
        point(
            "settings",
            settings,
            "Every setting is one that the trainer takes.".to_owned(),
        ),
    ];
    // there is nothing to say of caps that hold or are not set
    if !of_cost.is_empty() {
        checks.push(Check::new("cost", Light::Red, of_cost.join(" "), ""));
    }
    checks
}

/// What a list comes to. `is_whole`: the server's points are among them, not only the form's.
pub fn gist(checks: &[Check], is_whole: bool) -> String {
    let (red, amber) = lights(checks);
    let known = match (red, amber) {
        (0, 0) if is_whole && !checks.is_empty() => return "all ready".to_owned(),
        (0, 0) => return "not known".to_owned(),
        (0, amber) => format!("{amber} doubtful"),
        (red, _) => format!("{red} not ready"),
    };
    match is_whole {
        true => known,
        false => known + ", the rest not known",
    }
}

/// Number of red and of amber points.
pub fn lights(checks: &[Check]) -> (usize, usize) {
    let of = |light| checks.iter().filter(|c| c.light == light).count();
    (of(Light::Red), of(Light::Amber))
}

/// Ids of the amber points, for a person to acknowledge: `trainer,other_runs`.
pub fn ambers(checks: &[Check]) -> String {
    let amber = checks.iter().filter(|c| c.light == Light::Amber);
    amber.map(|c| c.id.as_str()).collect::<Vec<_>>().join(",")
}

/// Whether a person who has seen the amber points may start: some are amber, none is red.
pub fn may_be_passed(checks: &[Check]) -> bool {
    let any = |light| checks.iter().any(|c| c.light == light);
    any(Light::Amber) && !any(Light::Red)
}

/// What still stands in the way: red points, and amber ones that were not acknowledged.
pub fn in_the_way<'a>(checks: &'a [Check], acknowledged: &str) -> Vec<&'a Check> {
    let seen: Vec<&str> = acknowledged.split(',').map(str::trim).collect();
    let stands = |check: &&Check| match check.light {
        Light::Green => false,
        Light::Amber => !seen.contains(&check.id.as_str()),
        Light::Red => true,
    };
    checks.iter().filter(stands).collect()
}

#[cfg(test)]
mod tests {
    use super::super::form::TrainingForm;
    use super::*;

    fn light(workers: Workers) -> (Light, String) {
        let check = trainer(Ok(workers));
        (check.light, check.text)
    }

    #[test]
    fn the_webhook_is_said_to_be_public_only_where_it_is() {
        let (here, public) = ("http://127.0.0.1:5174", "https://a.ngrok.app");
        let text = webhook_at(here, WebhookWay::Here, Ok(())).text;
        assert!(text.contains("on this machine, at http://127.0.0.1:5174"));
        for way in [WebhookWay::Tunnel, WebhookWay::PublicUrl] {
            let text = webhook_at(public, way, Ok(())).text;
            assert_eq!(text, "The webhook answers at its public address.");
        }
    }

    #[test]
    fn a_webhook_out_of_reach_is_mended_where_its_way_leads() {
        for (way, to_mend, not) in [
            (WebhookWay::Here, "Start the studio", "tunnel"),
            (WebhookWay::Tunnel, "Start the tunnel", "PUBLIC_URL"),
            (WebhookWay::PublicUrl, "WEBHOOK_PORT", "tunnel"),
        ] {
            let answer = Err("nothing answers there.".into());
            let check = webhook_at("https://a.example", way, answer);
            assert_eq!(check.light, Light::Amber);
            let remedy = check.remedy.expect("a remedy");
            assert!(
                remedy.contains(to_mend) && !remedy.contains(not),
                "{remedy}"
            );
        }
    }

    #[test]
    fn an_endpoint_scaled_to_nothing_is_ready_and_a_stuck_one_is_doubtful() {
        let none = Workers::default();
        assert_eq!(light(none).0, Light::Green);
        let up = Workers {
            idle: 1,
            ready: 1,
            ..none
        };
        assert_eq!(light(up).1, "The endpoint answers, 1 of its workers up.");
        for (workers, word) in [
            (
                Workers {
                    in_queue: 2,
                    ..none
                },
                "2 jobs wait",
            ),
            (
                Workers {
                    throttled: 1,
                    ..none
                },
                "throttled",
            ),
            (
                Workers {
                    unhealthy: 1,
                    throttled: 1,
                    ..none
                },
                "crash",
            ),
        ] {
            let (light, text) = light(workers);
            assert!(light == Light::Amber && text.contains(word), "{text}");
        }
        let one_crashes = Workers { unhealthy: 1, ..up };
        assert!(light(one_crashes).1.contains("1 crashes"));
        let silent = |why: NoHealth| trainer(Err(why)).light;
        assert_eq!(silent(NoHealth::Refused("no".into())), Light::Red);
        assert_eq!(silent(NoHealth::Passing("busy".into())), Light::Amber);
    }

    #[test]
    fn a_cap_that_would_be_passed_is_a_point_of_its_own_and_no_setting() {
        use super::super::costs::{CostFacts, CostSettings};
        use super::super::dataset::DatasetFacts;
        use super::super::judge::{StyleFacts, judge};
        let settings = CostSettings {
            run_cap_usd: Some(0.01),
            month_cap_usd: Some(0.02),
            ..CostSettings::default()
        };
        let style = StyleFacts {
            costs: CostFacts {
                settings,
                ..CostFacts::default()
            },
            class_tokens: "ink".into(),
            ..StyleFacts::default()
        };
        let form = TrainingForm {
            style_id: "1".into(),
            selection_set_id: "1".into(),
            name: "v1".into(),
            ..TrainingForm::default()
        };
        let checks = of_form(&judge(&form, &style, &DatasetFacts::default()));
        let of = |id: &str| checks.iter().find(|c| c.id == id).expect("a point");
        assert_eq!(of("settings").light, Light::Green);
        assert_eq!(of("cost").light, Light::Red);
        for words in [
            "a run may cost $0.01",
            "a month may cost $0.02",
            "raise the cap under Costs",
        ] {
            assert!(of("cost").text.contains(words), "{}", of("cost").text);
        }
        let uncapped = of_form(&judge(
            &form,
            &StyleFacts::default(),
            &DatasetFacts::default(),
        ));
        assert!(uncapped.iter().all(|c| c.id != "cost"));
    }

    #[test]
    fn nothing_is_called_ready_that_was_not_looked_at() {
        let ready = [Check::green("name", "free")];
        let doubtful = [Check::new("trainer", Light::Amber, "stuck", "wait")];
        assert_eq!(gist(&ready, true), "all ready");
        assert_eq!(gist(&doubtful, true), "1 doubtful");
        for (checks, words) in [
            (&[][..], "not known"),
            (&ready[..], "not known"),
            (&doubtful[..], "1 doubtful, the rest not known"),
        ] {
            assert_eq!(gist(checks, false), words);
        }
        assert_eq!(gist(&[], true), "not known");
    }

    #[test]
    fn amber_is_passed_by_who_has_seen_it_and_red_by_nobody() {
        let checks = [
            Check::green("s3", "fine"),
            Check::new("trainer", Light::Amber, "stuck", "wait"),
            Check::new("webhook", Light::Red, "no", "mend"),
        ];
        let ids = |acknowledged: &str| -> Vec<String> {
            in_the_way(&checks, acknowledged)
                .iter()
                .map(|c| c.id.clone())
                .collect()
        };
        assert_eq!(ids(""), ["trainer", "webhook"]);
        assert_eq!(ids("other, trainer ,webhook"), ["webhook"]);
        assert_eq!(ambers(&checks), "trainer");
        assert!(
            may_be_passed(&checks[..2]) && !may_be_passed(&checks) && !may_be_passed(&checks[..1])
        );
    }
}
