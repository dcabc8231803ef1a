//! What well-known trainers would do with the same set, under one's own row.

use super::typed::TypedForm;
use crate::training::model::peers::{PeerPlan, effective_rate, peers};
use crate::training::model::plan::Plan;
use crate::ui::GuideLink;
use crate::ui::units::{count, seconds};
use leptos::prelude::*;

/// Made again when the set or the prices change; only one's own row follows the keys.
#[component]
pub fn Peers(typed: TypedForm, plan: Memo<Plan>) -> impl IntoView {
    let all = Memo::new(move |_| {
        typed
            .style
            .with(|style| typed.with_dataset(|d| peers(style, d)))
    });
    let own = move || {
        let (rank, rate) = typed.judged.with(|judged| {
            let values = &judged.request.values;
            (
                rank(values.count("network_dim"), values.float("network_alpha")),
                effective_rate(&judged.request),
            )
        });
        plan.with(|plan| {
            row(
                "This form".to_owned(),
                String::new(),
                [
                    count(u64::from(plan.steps)),
                    format!("{:.0}", plan.views_per_image),
                    rank,
                    short(rate),
                    cost(plan.seconds, plan.cost_usd),
                ],
            )
        })
    };
    view! {
        <section class="plan__section" hidden=move || all.with(Vec::is_empty)>
            <details class="disclosure">
                <summary class="disclosure__summary">
                    "Other trainers "
                    <span class="disclosure__note">"what their defaults would do with this set"</span>
                </summary>
                <div class="disclosure__body">
                    <div class="table-scroll" tabindex="0" role="region" aria-label="Other trainers">
                        <table class="table table--small">
                            <thead>
                                <tr>
                                    <th scope="col">"Trainer"</th>
                                    <th scope="col">"Steps"</th>
                                    <th scope="col">"Views"</th>
                                    <th scope="col">"Rank"</th>
                                    <th scope="col">"Rate"</th>
                                    <th scope="col">"Time, cost"</th>
                                </tr>
                            </thead>
                            <tbody>{own} {move || all.get().into_iter().map(peer).collect_view()}</tbody>
                        </table>
                    </div>
                    <p class="field__hint">
                        "Views per image; rank / alpha; rate × alpha ÷ rank, which is what can be compared. "
                        <GuideLink to="/guide/training#steps" about="Views per image" />
                    </p>
                </div>
            </details>
        </section>
    }
}

fn peer(peer: PeerPlan) -> AnyView {
    row(
        peer.name,
        format!("Source: {}", peer.source),
        [
            count(u64::from(peer.steps)),
            format!("{:.0}", peer.views_per_image),
            rank(peer.network_dim, peer.network_alpha),
            short(peer.effective_rate),
            cost(peer.seconds, peer.cost_usd),
        ],
    )
}

fn row(name: String, source: String, figures: [String; 5]) -> AnyView {
    let cells = figures.map(|figure| view! { <td>{figure}</td> });
    view! {
        <tr>
            <th scope="row" title=source>
                {name}
            </th>
            {cells.into_iter().collect_view()}
        </tr>
    }
    .into_any()
}

fn rank(dim: u32, alpha: f64) -> String {
    format!("{dim} / {alpha}")
}

/// Rounded so far that it can be read: `0.00013`.
fn short(rate: f64) -> String {
    let digits = format!("{rate:.6}");
    digits
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

fn cost(time: u64, usd: Option<f64>) -> String {
    match usd {
        Some(usd) => format!("{}, ${usd:.2}", seconds(time)),
        None => seconds(time),
    }
}
