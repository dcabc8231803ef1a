//! What a person sets for a style's checks.

use crate::dataset::model::caption_words::DEFAULT_STYLE_WORDS;
use serde::{Deserialize, Serialize};

/// Where the trigger belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum TriggerPlace {
    /// At the end of each caption if most captions (of five or more) hold it, else with the trainer.
    #[default]
    Auto,
    /// The trainer puts it before each caption, so no caption holds it.
    Trainer,
    /// At the end of each caption, as other trainers want it.
    Caption,
}

impl TriggerPlace {
    pub const ALL: [Self; 3] = [Self::Auto, Self::Trainer, Self::Caption];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Trainer => "trainer",
            Self::Caption => "caption",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.as_str() == text)
    }
}

/// What a person set for a style.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CaptionRules {
    /// Words and phrases that describe the style itself.
    pub style_words: Vec<String>,
    pub trigger_place: TriggerPlace,
}

impl Default for CaptionRules {
    fn default() -> Self {
        Self {
            style_words: DEFAULT_STYLE_WORDS.map(str::to_owned).into(),
            trigger_place: TriggerPlace::default(),
        }
    }
}
