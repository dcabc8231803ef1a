//! Drafts of captions that a vision model wrote: the prompt it is given, what of its answer is a caption, and how far a run of
//! them is. Pure. A draft is no caption until a person accepts it.

use serde::{Deserialize, Serialize};

/// Longest prompt, in characters.
pub const MAX_PROMPT: usize = 4_000;
/// Longest draft taken, in characters: a caption has 8 to 20 words.
pub const MAX_DRAFT: usize = 1_000;
/// Stands for the style's trigger words in a prompt.
pub const TRIGGER: &str = "[TRIGGER]";
/// What a style's prompt is until a person writes another one. The trainer puts the trigger token before each caption itself.
pub const DEFAULT_PROMPT: &str = "Write the caption of this training image in one line of 8 to 20 words. Describe the scene: who or what is in it, what happens, where, the light and the composition. Do not name the art style, the medium, the technique, the brushwork or the palette, and leave out the trigger token [TRIGGER]. Answer with the caption alone: no quotes, no preamble.";

/// The prompt as typed, trimmed; or why it cannot be kept. An empty one is the default.
pub fn check_prompt(typed: &str) -> Result<String, String> {
    let prompt = typed.trim();
    let length = prompt.chars().count();
    if length > MAX_PROMPT {
        return Err(format!(
            "The prompt has {length} characters; at most {MAX_PROMPT} fit. Shorten it."
        ));
    }
    Ok(if prompt.is_empty() {
        DEFAULT_PROMPT.to_owned()
    } else {
        prompt.replace("\r\n", "\n")
    })
}

/// The prompt as it is sent.
pub fn filled(prompt: &str, trigger: &str) -> String {
    prompt.replace(TRIGGER, trigger)
}

/// Why an answer is no caption; reads on after the image's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("got an empty answer. Draft it again, or choose another CAPTION_MODEL")]
    Empty,
    #[error("was declined by the model. Change the prompt, or write this caption yourself")]
    Declined,
    #[error(
        "got no answer: the model spent its tokens thinking. Choose another CAPTION_MODEL, or turn its thinking off"
    )]
    CutOff,
    #[error(
        "got {0} characters for a caption; at most {MAX_DRAFT} are taken. Ask for one line in the prompt"
    )]
    TooLong(usize),
}

/// The caption in a model's answer: one line (the trainer reads no second), without reasoning, label, quotes and mark-up.
pub fn caption_of(answer: &str) -> Result<String, Unusable> {
    let said = without_reasoning(answer).ok_or(Unusable::CutOff)?;
    let words: Vec<&str> = said.split_whitespace().collect();
    let line = words.join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    let caption = undressed(&line);
    if caption.is_empty() {
        return Err(Unusable::Empty);
    }
    if is_refusal(caption) {
        return Err(Unusable::Declined);
    }
    match caption.chars().count() {
        long if long > MAX_DRAFT => Err(Unusable::TooLong(long)),
        _ => Ok(caption.to_owned()),
    }
}

/// Models that think aloud do so in `<think>` first; `None`: one was cut off there and has said nothing.
fn without_reasoning(answer: &str) -> Option<&str> {
    match answer.rsplit_once("</think>") {
        Some((_, said)) => Some(said),
        None if answer.trim_start().starts_with("<think>") => None,
        None => Some(answer),
    }
}

/// Takes off what models put around a caption, layer by layer.
fn undressed(line: &str) -> &str {
    const PAIRS: [(&str, &str); 6] = [
        ("```", "```"),
        ("**", "**"),
        ("\"", "\""),
        ("“", "”"),
        ("'", "'"),
        ("`", "`"),
    ];
    let mut rest = line.trim();
    loop {
        let before = rest;
        for label in ["caption:", "**caption:**", "**caption**:"] {
            let begins = rest.get(..label.len());
            if begins.is_some_and(|b| b.eq_ignore_ascii_case(label)) {
                rest = rest[label.len()..].trim_start();
            }
        }
        for (open, close) in PAIRS {
            let inside = rest.strip_prefix(open).and_then(|r| r.strip_suffix(close));
            // a second pair inside belongs to the words
            if let Some(inside) = inside.filter(|i| !i.contains(close)) {
                rest = inside.trim();
            }
        }
        if rest == before {
            return rest;
        }
    }
}

/// How models decline in words.
fn is_refusal(caption: &str) -> bool {
    const BEGINNINGS: [&str; 14] = [
        "i'm sorry",
        "i am sorry",
        "sorry, ",
        "sorry but",
        "i can't",
        "i cannot",
        "i can not",
        "i'm not able",
        "i am not able",
        "i'm unable",
        "i am unable",
        "i won't",
        "as an ai",
        "unfortunately, i",
    ];
    let begin: String = caption.chars().take(40).collect();
    let begin = begin.to_lowercase().replace('’', "'");
    BEGINNINGS.iter().any(|b| begin.starts_with(b))
}

/// One draft, until it is accepted or discarded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Draft {
    pub filename: String,
    /// One line.
    pub text: String,
    /// The image that was looked at, without quotes.
    pub image_etag: String,
    /// The caption's ETag at that time, without quotes; empty when there was none. Accepting demands it.
    pub caption_etag: String,
    /// That caption; `null` when there was none.
    pub before: Option<String>,
    /// ISO 8601.
    pub made: String,
}

/// A draft as a person wrote it anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct DraftEdit {
    pub filename: String,
    pub text: String,
}

/// An image without a draft, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct DraftProblem {
    pub filename: String,
    pub message: String,
}

impl DraftProblem {
    /// The reason with the image's name, if it does not hold it already.
    pub fn sentence(&self) -> String {
        match self.message.contains(&self.filename) {
            true => self.message.clone(),
            false => format!("{}: {}", self.filename, self.message),
        }
    }
}

/// How a run of drafts stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum DraftStage {
    Running,
    /// Every image was asked about.
    #[default]
    Done,
    /// By a person.
    Stopped,
    /// By something that every further image would meet too.
    Failed,
    /// The studio ended in the middle.
    Interrupted,
}

/// One run over several images.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct DraftRun {
    pub stage: DraftStage,
    /// Images asked for.
    pub total: u32,
    /// Drafts made.
    pub drafted: u32,
    pub failed: Vec<DraftProblem>,
    /// Images without a draft yet, failed ones among them: going on means these.
    pub left: u32,
    /// As the endpoint counted them; `null` when it does not say.
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
    /// US dollars, where the endpoint's answers carry a cost.
    pub cost_usd: Option<f64>,
    /// The endpoint asked to wait until then (ISO 8601).
    pub waiting_until: Option<String>,
    /// ISO 8601.
    pub started: String,
    pub ended: Option<String>,
    /// What ended it.
    pub error: Option<String>,
}

impl DraftRun {
    pub fn is_running(&self) -> bool {
        self.stage == DraftStage::Running
    }

    pub fn can_resume(&self) -> bool {
        !self.is_running() && self.left > 0
    }
}

/// The endpoint that is configured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Drafter {
    pub model: String,
    /// Host and port.
    pub host: String,
}

/// All that is known of a style's drafts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct DraftsView {
    /// `null`: set CAPTION_API_BASE and CAPTION_MODEL.
    pub drafter: Option<Drafter>,
    pub prompt: String,
    /// What `[TRIGGER]` stands for.
    pub trigger: String,
    /// By name.
    pub drafts: Vec<Draft>,
    /// The running run, or how the last one ended; `null` before the first.
    pub run: Option<DraftRun>,
}

/// An accepted draft, as it is the caption now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Decided {
    pub filename: String,
    pub caption: String,
    /// The caption's, without quotes.
    pub etag: String,
}

/// What accepting several came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Accepted {
    /// Names whose draft is their caption now.
    pub accepted: Vec<String>,
    /// Their drafts stay.
    pub problems: Vec<DraftProblem>,
}

/// What a person decided about one draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Verdict {
    Accepted(Decided),
    /// The image's name.
    Discarded(String),
}

impl Verdict {
    pub fn filename(&self) -> &str {
        match self {
            Self::Accepted(decided) => &decided.filename,
            Self::Discarded(filename) => filename,
        }
    }

    pub fn sentence(&self) -> String {
        let name = self.filename();
        match self {
            Self::Accepted(_) => format!("The draft for {name} is its caption now."),
            Self::Discarded(_) => format!("The draft for {name} was discarded."),
        }
    }
}

/// What deciding about all drafts came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AllDecided {
    Accepted(Accepted),
    /// So many were dropped.
    Discarded(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_is_one_line_without_what_models_put_around_it() {
        for answer in [
            "a boat on a lake",
            "  \"a boat on a lake\"\n",
            "Caption: a boat\non a lake",
            "**Caption:** “a boat on a lake”",
            "```\na boat on a lake\n```",
            "<think>It is \"a boat\".\n</think>\n\na boat on a lake",
            "**a boat on a lake**",
        ] {
            assert_eq!(
                caption_of(answer).as_deref(),
                Ok("a boat on a lake"),
                "{answer}"
            );
        }
        let quoted = "\"stop\" painted beside \"go\"";
        assert_eq!(caption_of(quoted).as_deref(), Ok(quoted));
        assert_eq!(caption_of("caf\u{7}é 東京").as_deref(), Ok("café 東京"));
    }

    #[test]
    fn what_says_nothing_declines_or_runs_on_is_no_caption() {
        for answer in ["", " \n", "\"\"", "Caption:"] {
            assert_eq!(caption_of(answer), Err(Unusable::Empty), "{answer}");
        }
        assert_eq!(caption_of("<think>hm, a boat"), Err(Unusable::CutOff));
        for answer in [
            "I'm sorry, but I can't help with that.",
            "I’m unable to describe people.",
            "As an AI language model, I cannot view images.",
        ] {
            assert_eq!(caption_of(answer), Err(Unusable::Declined), "{answer}");
        }
        assert!(caption_of("a sorry sight: I cannot read the sign").is_ok());
        let long = "é".repeat(1_001);
        assert_eq!(caption_of(&long), Err(Unusable::TooLong(1_001)));
    }

    #[test]
    fn an_empty_prompt_is_the_default_and_the_trigger_is_filled_in() {
        assert_eq!(check_prompt(" \n").as_deref(), Ok(DEFAULT_PROMPT));
        let kept = check_prompt(" End with [TRIGGER].\r\nNo [TRIGGER] twice. ").unwrap();
        assert_eq!(filled(&kept, "ink"), "End with ink.\nNo ink twice.");
        let told = check_prompt(&"é".repeat(4_001)).unwrap_err();
        assert!(told.contains("4001") && told.contains("4000"), "{told}");
    }

    #[test]
    fn a_verdict_is_told_with_the_name_of_the_image() {
        let accepted = Verdict::Accepted(Decided {
            filename: "boat.jpg".into(),
            ..Decided::default()
        });
        let told = "The draft for boat.jpg is its caption now.";
        assert_eq!(accepted.sentence(), told);
        let discarded = Verdict::Discarded("boat.jpg".into());
        let told = "The draft for boat.jpg was discarded.";
        assert_eq!(discarded.sentence(), told);
    }

    #[test]
    fn only_a_run_with_something_left_can_go_on() {
        let run = |stage, left| DraftRun {
            stage,
            left,
            ..DraftRun::default()
        };
        assert!(!run(DraftStage::Running, 1).can_resume());
        assert!(!run(DraftStage::Done, 0).can_resume());
        for stage in [
            DraftStage::Done,
            DraftStage::Stopped,
            DraftStage::Interrupted,
        ] {
            assert!(run(stage, 1).can_resume());
        }
    }
}
