//! What the trainer would make of each image of a set: from what was measured, else from both ends of the file, so that a
//! start right after an upload is judged too.

use super::super::model::header::{self, Flaw, Header, TAIL_BYTES};
use super::analysis::{self, Outcome};
use super::listing::{IN_FLIGHT, Pair, by_head};
use crate::server::s3::{ObjectInfo, S3Error};
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use futures::stream::{self, StreamExt};
use std::sync::Arc;

/// Of one image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fitness {
    /// Why the trainer stops on it, a sentence.
    pub unfit: Option<String>,
    /// What it silently gets wrong.
    pub flaws: Vec<Flaw>,
}

/// Of the `chosen` ones, in order. `all` are all images of the style.
pub async fn of(state: &AppState, style: &StyleId, all: &[Pair], chosen: &[Pair]) -> Vec<Fitness> {
    let known = analysis::known(state, style, all).await.outcomes;
    let asked: Vec<_> = chosen
        .iter()
        .map(|pair| {
            let outcome = known.get(&pair.filename).cloned();
            async move {
                match outcome.as_deref() {
                    Some(Outcome::Refused(reason)) => Fitness {
                        unfit: Some(reason.clone()),
                        flaws: Vec::new(),
                    },
                    Some(Outcome::Measured(measured)) => Fitness {
                        unfit: None,
                        flaws: measured.flaws.clone(),
                    },
                    None => by_its_ends(state, pair).await,
                }
            }
        })
        .collect();
    stream::iter(asked).buffered(IN_FLIGHT).collect().await
}

/// What cannot be read from the bucket now is not judged: whether it is there is asked elsewhere.
async fn by_its_ends(state: &AppState, pair: &Pair) -> Fitness {
    match ends(state, &pair.image).await {
        Ok(Ok(header)) => Fitness {
            unfit: None,
            flaws: header.flaws(),
        },
        Ok(Err(why)) => Fitness {
            unfit: Some(format!("{} {why}.", pair.filename)),
            flaws: Vec::new(),
        },
        Err(_) => Fitness::default(),
    }
}

async fn ends(state: &AppState, object: &ObjectInfo) -> Result<Result<Header, Arc<str>>, S3Error> {
    let tail = state.s3.tail_bytes(&object.key, TAIL_BYTES).await?;
    let read = |head: &[u8]| header::read(head, &tail, object.size_bytes);
    by_head(state, object, read).await
}
