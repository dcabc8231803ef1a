//! Delivering webhooks as RunPod does: the whole job with its `input` and `webhook` echoed, on COMPLETED and FAILED only, tried
//! three times until a 2xx.
//!
//! What is still to be delivered is part of the job on disk, so a restart goes on where it stopped. A receiver may therefore
//! get a webhook twice, as from the real service.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    faults::{Fault, Faults},
    job::{Delivery, DeliveryKind},
    now_ms,
    queue::{Job, Queue},
    store::Durability,
};

/// How long a receiver may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// Between the two webhooks of `webhook-twice` and `webhook-reordered`.
const SECOND_AFTER_MS: u64 = 1_000;

/// Most that `webhook-large` adds.
const MOST_MEGABYTES: u32 = 50;

/// A webhook whose time has come.
pub(super) struct Due {
    job: String,
    delivery: u32,
    url: String,
    body: Vec<u8>,
}

/// The deliveries of a job that ends now.
pub(super) fn plan(faults: &Faults, now_ms: u64) -> Vec<Delivery> {
    if faults.has(Fault::WebhookLost) {
        return Vec::new();
    }
    let kind = if faults.has(Fault::WebhookEmpty) {
        DeliveryKind::Empty
    } else if faults.has(Fault::WebhookContainer) {
        DeliveryKind::Container
    } else {
        DeliveryKind::Envelope
    };
    let late_ms = u64::from(faults.number(Fault::WebhookLate).unwrap_or(0)) * 1_000;
    let mut kinds = vec![kind];
    if faults.has(Fault::WebhookTwice) {
        kinds.push(kind);
    }
    if faults.has(Fault::WebhookReordered) {
        kinds.push(DeliveryKind::StaleProgress);
    }
    let deliveries = (0..).zip(kinds).map(|(id, kind)| {
        let first_ms = now_ms + late_ms + SECOND_AFTER_MS * u64::from(id);
        Delivery {
            id,
            kind,
            first_ms,
            due_ms: first_ms,
            tries: 0,
        }
    });
    deliveries.collect()
}

/// Delivers until aborted.
pub(super) async fn deliver(queue: Arc<Queue>, client: reqwest::Client) {
    let mut under_way = JoinSet::new();
    let mut changes = queue.watch();
    loop {
        for due in queue.take_due(now_ms()) {
            let (queue, client) = (Arc::clone(&queue), client.clone());
            under_way.spawn(async move {
                let delivered = post(&client, &due).await;
                queue.delivery_tried(&due.job, due.delivery, delivered, now_ms());
            });
        }
        while under_way.try_join_next().is_some() {}
        // a change, or time itself, can make a delivery due
        let _ = tokio::time::timeout(Duration::from_millis(200), changes.changed()).await;
    }
}

/// The client that calls webhooks: it follows no redirect, since RunPod counts only a 2xx.
pub(super) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .timeout(ANSWER_LIMIT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent("Go-http-client/2.0")
        .build()
}

async fn post(client: &reqwest::Client, due: &Due) -> bool {
    let request = client
        .post(&due.url)
        .header("content-type", "application/json")
        .body(due.body.clone());
    match request.send().await {
        Ok(answer) => {
            let status = answer.status();
            tracing::info!(job = %due.job, %status, "webhook answered");
            status.is_success()
        }
        Err(error) => {
            // the URL carries a token
            let error = error.without_url();
            tracing::info!(job = %due.job, %error, "webhook could not be delivered");
            false
        }
    }
}

impl Queue {
    fn take_due(&self, now_ms: u64) -> Vec<Due> {
        let mut inner = self.lock();
        if self.is_closed() {
            return Vec::new();
        }
        let mut due = Vec::new();
        for (id, job) in &inner.jobs {
            let Some(url) = &job.request.webhook else {
                continue;
            };
            for delivery in &job.state.deliveries {
                let under_way = inner.in_flight.contains(&(id.clone(), delivery.id));
                if delivery.due_ms <= now_ms && !under_way {
                    due.push(Due {
                        job: id.clone(),
                        delivery: delivery.id,
                        url: url.clone(),
                        body: body(id, job, delivery.kind, now_ms),
                    });
                }
            }
        }
        for due in &due {
            inner.in_flight.insert((due.job.clone(), due.delivery));
        }
        due
    }

    fn delivery_tried(&self, id: &str, delivery: u32, delivered: bool, now_ms: u64) {
        let mut inner = self.lock();
        inner.in_flight.remove(&(id.to_owned(), delivery));
        let Some(job) = inner.jobs.get_mut(id) else {
            return;
        };
        let tries = &self.timing.webhook_tries;
        job.state.deliveries.retain_mut(|waiting| {
            if waiting.id != delivery {
                return true;
            }
            waiting.tries += 1;
            let next = tries.get(waiting.tries as usize);
            if let Some(next) = next.filter(|_| !delivered) {
                let next_ms = waiting.first_ms + next.as_millis() as u64;
                waiting.due_ms = next_ms.max(now_ms);
                return true;
            }
            if !delivered {
                tracing::warn!(job = id, tries = waiting.tries, "webhook given up");
            }
            false
        });
        self.save_as(id, &job.state, Durability::Synced);
    }
}

/// The bytes of one delivery.
fn body(id: &str, job: &Job, kind: DeliveryKind, now_ms: u64) -> Vec<u8> {
    let mut envelope = match kind {
        DeliveryKind::Empty => return Vec::new(),
        DeliveryKind::Container => return container_body(id, job).to_string().into_bytes(),
        DeliveryKind::Envelope | DeliveryKind::StaleProgress => job.state.wire(id, now_ms),
    };
    if kind == DeliveryKind::StaleProgress {
        for field in ["output", "error", "executionTime"] {
            envelope.remove(field);
        }
        envelope.insert("status".to_owned(), json!("IN_PROGRESS"));
    }
    if job.faults.has(Fault::IdSuffix) {
        let stem = id.rsplit_once('-').map_or(id, |(stem, _)| stem);
        envelope.insert("id".to_owned(), json!(format!("{stem}-e1")));
    }
    if let Some(megabytes) = job.faults.number(Fault::WebhookLarge) {
        let padding = " ".repeat(megabytes.min(MOST_MEGABYTES) as usize * 1_000_000);
        envelope.insert("padding".to_owned(), json!(padding));
    }
    envelope.insert("input".to_owned(), job.request.input.clone());
    envelope.insert("webhook".to_owned(), json!(job.request.webhook));
    Value::Object(envelope).to_string().into_bytes()
}

/// What the training container sends when it calls back itself: its answer without RunPod's envelope.
fn container_body(id: &str, job: &Job) -> Value {
    let mut answer = match &job.state.output {
        Some(Value::Object(fields)) => fields.clone(),
        _ => serde_json::Map::new(),
    };
    if let Some(error) = &job.state.error {
        let request_id = job.request.input.pointer("/training_config/request_id");
        answer.insert("status".to_owned(), json!("failed"));
        answer.insert(
            "job_id".to_owned(),
            request_id.cloned().unwrap_or_else(|| json!(id)),
        );
        answer.insert("error".to_owned(), json!(error));
    }
    Value::Object(answer)
}
