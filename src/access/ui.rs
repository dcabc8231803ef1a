//! The access panel of Setup: whether a password is asked for, tokens of scripts, sign out.

use super::api::{MakeToken, RevokeToken, load_access};
use super::model::{AccessView, TokenView};
use crate::ui::query::typed_before;
use crate::ui::{Badge, CopyButton, ErrorNotice, Icon, Notice, TextField};
use leptos::prelude::*;

#[component]
pub fn AccessPanel() -> impl IntoView {
    let make = ServerAction::<MakeToken>::new();
    let revoke = ServerAction::<RevokeToken>::new();
    let changes = move || (make.version().get(), revoke.version().get());
    let loaded = Resource::new_blocking(changes, |_| load_access());
    view! {
        <Transition fallback=|| ()>
            {move || Suspend::new(async move {
                match loaded.await {
                    Ok(access) if access.is_on => view! { <On access make revoke /> }.into_any(),
                    Ok(_) => view! { <Off /> }.into_any(),
                    Err(error) => view! { <ErrorNotice error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Who(word: &'static str, kind: &'static str) -> impl IntoView {
    view! {
        <div class="system__who">
            <h2 class="system__name">"Access"</h2>
            <Badge kind=kind.to_owned() text=word.to_owned() />
            <span class="muted">"who may open the studio"</span>
        </div>
    }
}

#[component]
fn Off() -> impl IntoView {
    view! {
        <section class="panel system" id="access">
            <Who word="this machine" kind="completed" />
            <div class="system__body">
                <p class="system__what">
                    "Only programs of this machine reach the studio, and no password is asked for."
                </p>
                <p class="system__remedy">
                    "To open it on a network, set ADMIN_PASSWORD and HOST in .env. Scripts then use tokens made here."
                </p>
            </div>
        </section>
    }
}

#[component]
fn On(
    access: AccessView,
    make: ServerAction<MakeToken>,
    revoke: ServerAction<RevokeToken>,
) -> impl IntoView {
    let refused = move || {
        let made = make.value().get().and_then(Result::err);
        made.or_else(|| revoke.value().get().and_then(Result::err))
    };
    let general = move || refused().filter(|e| e.errors.is_empty());
    let message = Signal::derive(move || {
        refused().and_then(|e| e.message_for("tokenName").map(str::to_owned))
    });
    let busy = move || make.pending().get();
    let none = access.tokens.is_empty();
    let tokens = access
        .tokens
        .into_iter()
        .map(|token| view! { <Token token revoke /> });
    view! {
        <section class="panel system" id="access">
            <Who word="password" kind="completed" />
            <div class="system__body">
                <p class="system__what">
                    "The studio asks for ADMIN_PASSWORD. Scripts send a token as Authorization: Bearer …"
                </p>
                {access.fresh.map(|fresh| view! { <Fresh fresh /> })}
                {move || general().map(|error| view! { <ErrorNotice error /> })}
                {none.then(|| view! { <p class="muted">"There is no token."</p> })}
                <ul class="tokens">{tokens.collect_view()}</ul>
                <ActionForm action=make attr:class="tokens__make">
                    <TextField
                        label="New token for"
                        name="token_name"
                        value=Signal::stored(typed_before("token_name"))
                        error=message
                        hint="A name that says which script has it."
                    />
                    <button class="button button--secondary" type="submit" disabled=busy>
                        <Icon name="plus" />
                        "Make token"
                    </button>
                </ActionForm>
            </div>
            <div class="system__actions">
                <form method="post" action="/logout">
                    <button class="button button--secondary button--small" type="submit">
                        "Sign out"
                    </button>
                </form>
            </div>
        </section>
    }
}

#[component]
fn Fresh(fresh: String) -> impl IntoView {
    view! {
        <Notice
            kind="success"
            what="The token was made"
            remedy="Copy it now: it is shown this once, and only its hash is kept."
        >
            <div class="tokens__fresh">
                // wider than a phone: scrolled, by the keyboard too
                <code class="tokens__secret" tabindex="0" aria-label="Token">
                    {fresh.clone()}
                </code>
                <CopyButton words="Copy token" text=Signal::stored(fresh) />
            </div>
        </Notice>
    }
}

#[component]
fn Token(token: TokenView, revoke: ServerAction<RevokeToken>) -> impl IntoView {
    let label = format!("Revoke the token for {}", token.name);
    let day: String = token.created_at.chars().take(10).collect();
    view! {
        <li class="tokens__item">
            <span class="tokens__name">{token.name}</span>
            <span class="muted">{format!("made on {day}")}</span>
            <ActionForm action=revoke>
                <input type="hidden" name="id" value=token.id />
                <button class="button button--ghost button--small" type="submit" aria-label=label>
                    "Revoke"
                </button>
            </ActionForm>
        </li>
    }
}
