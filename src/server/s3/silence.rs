//! How long S3 is waited for, and what is remembered of a silence: a page asks many questions one after the other, and a
//! store that takes connections and says nothing shall be waited for once.

use super::error::HttpStatus;
use super::{S3, S3Error};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::future::Future;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// For so long after an unanswered question no other one is asked.
const REMEMBERED: Duration = Duration::from_secs(10);
/// Requests with bodies up to this length are small questions.
const SMALL_BODY_BYTES: u64 = 256 * 1024;

/// What is known of S3's silence.
#[derive(Default)]
pub(super) struct Silence(Mutex<Known>);

#[derive(Default)]
struct Known {
    heard: Option<Instant>,
    /// Since when nothing is heard.
    silent: Option<Instant>,
}

impl Silence {
    pub(super) fn is_known(&self, now: Instant) -> bool {
        let silent = self.known().silent;
        silent.is_some_and(|since| now.saturating_duration_since(since) < REMEMBERED)
    }

    fn heard(&self, now: Instant) {
        *self.known() = Known {
            heard: Some(now),
            silent: None,
        };
    }

    /// A question of `began` got no answer. Others that did since show that S3 is there.
    fn unanswered(&self, began: Instant, now: Instant) {
        let mut known = self.known();
        if known.heard.is_none_or(|heard| heard < began) {
            known.silent = Some(now);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().expect("not poisoned")
    }
}

impl S3 {
    /// A small question; not asked while S3 is known to be silent.
    pub(super) fn ask<'a, T, E, R>(
        &'a self,
        key: &'a str,
        question: impl Future<Output = Result<T, SdkError<E, R>>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, S3Error>>
    where
        T: Send + 'a,
        E: ProvideErrorMetadata + Send + 'a,
        R: HttpStatus + Send + 'a,
    {
        self.send(key, Some(0), question)
    }

    /// As [`Self::ask`], with a body of this length (`None`: it may take a while). Boxed at once: the SDK's futures are so large
    /// that those of whole requests would outgrow a thread's stack.
    pub(super) fn send<'a, T, E, R>(
        &'a self,
        key: &'a str,
        length: Option<u64>,
        request: impl Future<Output = Result<T, SdkError<E, R>>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, S3Error>>
    where
        T: Send + 'a,
        E: ProvideErrorMetadata + Send + 'a,
        R: HttpStatus + Send + 'a,
    {
        let request = request.boxed();
        async move {
            if self.silence.is_known(Instant::now()) {
                return Err(S3Error::Unreachable);
            }
            let answer = self.wait(length, request).await;
            answer.map_err(|e| self.error(key, e))
        }
        .boxed()
    }

    /// Waits for an answer, also while S3 is known to be silent.
    pub(super) async fn wait<T, E, R>(
        &self,
        length: Option<u64>,
        request: BoxFuture<'_, Result<T, SdkError<E, R>>>,
    ) -> Result<T, SdkError<E, R>> {
        let began = Instant::now();
        let answer = match length {
            Some(..=SMALL_BODY_BYTES) => {
                let answer = tokio::time::timeout(self.answer_within, request).await;
                answer.unwrap_or_else(|late| Err(SdkError::timeout_error(late)))
            }
            // as long as the connection takes; the SDK has its own bounds for one that stands still
            _ => request.await,
        };
        self.note(began, &answer);
        answer
    }

    fn note<T, E, R>(&self, began: Instant, answer: &Result<T, SdkError<E, R>>) {
        let now = Instant::now();
        match answer {
            Ok(_) | Err(SdkError::ServiceError(_) | SdkError::ResponseError(_)) => {
                self.silence.heard(now);
            }
            Err(SdkError::TimeoutError(_)) => self.silence.unanswered(began, now),
            Err(SdkError::DispatchFailure(failure)) if failure.is_timeout() => {
                self.silence.unanswered(began, now);
            }
            // a refusal to connect costs no time
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_is_remembered_for_some_seconds_and_ended_by_any_answer() {
        let (silence, begin) = (Silence::default(), Instant::now());
        let at = |seconds| begin + Duration::from_secs(seconds);
        assert!(!silence.is_known(at(0)));
        silence.unanswered(at(0), at(10));
        assert!(silence.is_known(at(10)) && silence.is_known(at(19)));
        assert!(!silence.is_known(at(20)), "it is asked again");
        silence.unanswered(at(20), at(30));
        silence.heard(at(31));
        assert!(!silence.is_known(at(31)));
    }

    #[test]
    fn one_slow_question_among_answered_ones_is_no_silence() {
        let (silence, begin) = (Silence::default(), Instant::now());
        let at = |seconds| begin + Duration::from_secs(seconds);
        silence.heard(at(5));
        silence.unanswered(at(0), at(10));
        assert!(!silence.is_known(at(10)));
    }
}
