//! The start: configuration -> rehearsal stage -> state -> listeners, and one printed line per system without secrets.

use crate::rehearsal;
use crate::server::config::Config;
use crate::server::documents::{self, Owned};
use crate::server::state::{AppState, system_clock};
use crate::server::{listen, router, telemetry};
use crate::styles::server::{REGISTRY, folders::STYLE_IMAGES};
use crate::training::server::{notices, reconcile, webhook};
use leptos::config::{LeptosOptions, get_configuration};
use std::net::{IpAddr, SocketAddr};
use tokio::net::TcpListener;

/// What a bucket without documents is given.
pub const OWNED: Owned = Owned {
    registry: REGISTRY,
    styles: STYLE_IMAGES,
    kept: &["costs.json", "presets.json", "quality"],
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs until SIGINT or SIGTERM.
pub async fn run() -> Result<(), Failure> {
    telemetry::start();
    let config = Config::from_env()?;
    let page = bind(config.host, config.port, "PORT").await?;
    let hook = bind(config.inner_host(), config.webhook_port, "WEBHOOK_PORT").await?;
    let systems = rehearsal::start(&config).await?;
    let leptos = leptos_options(page.local_addr()?)?;
    let state = AppState::new(config, &systems.s3, systems.runpod, leptos, system_clock())
        .rehearsing(systems.rehearsed_runs);
    let copied = documents::open(&state.documents, &state.config, OWNED).await?;
    let _ = state.webhook_address.set(hook.local_addr()?);
    announce(&state, page.local_addr()?, copied.as_deref());
    let agents = state.agents.clone();
    tokio::spawn(async move { agents.end_left_behind().await });
    tokio::spawn(reconcile::run(state.clone()));
    tokio::spawn(notices::run(state.clone()));
    let only = webhook::only_router(state.clone());
    let hook = listen::serve(hook, only, listen::WEBHOOK);
    let page = listen::serve(page, router::pages(state.clone()), listen::PAGE);
    tokio::select! {
        ended = page => ended?,
        ended = hook => ended?,
        () = asked_to_stop() => state.agents.stop().await,
    }
    Ok(())
}

async fn bind(host: IpAddr, port: u16, name: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind((host, port)).await.map_err(|e| {
        format!(
            "{name}: port {port} cannot be used ({}). Is another studio running? Stop it, or set {name} to another port.",
            e.kind()
        )
        .into()
    })
}

/// cargo-leptos hands its settings over in the environment; started alone, the binary reads `Leptos.toml`.
fn leptos_options(address: SocketAddr) -> Result<LeptosOptions, Failure> {
    let by_cargo_leptos = std::env::var_os("LEPTOS_SITE_ROOT").is_some();
    let file = (!by_cargo_leptos).then_some("Leptos.toml");
    let configuration = get_configuration(file).map_err(|e| {
        format!("Leptos.toml could not be read: {e}. Start the studio in its project folder.")
    })?;
    let mut options = configuration.leptos_options;
    options.site_addr = address;
    Ok(options)
}

fn announce(state: &AppState, page: SocketAddr, copied: Option<&str>) {
    let mode = |rehearsed| if rehearsed { "rehearsal" } else { "live" };
    let config = &state.config;
    let webhook = state.webhook_address.get().expect("it is set");
    println!("ActorMaker LoRA Studio");
    println!("  page     http://{page}");
    println!("  webhook  http://{webhook} (the only address a tunnel may be pointed at)");
    println!(
        "  s3       {}, bucket {} at {}",
        mode(state.s3_is_rehearsed()),
        state.s3.bucket(),
        state.s3.address()
    );
    println!(
        "  trainer  {}, {}",
        mode(state.runpod_is_rehearsed()),
        state.runpod.address()
    );
    if let Some(vision) = &state.vision {
        println!("  captions {} at {}", vision.model(), vision.host());
    }
    let tunnel = match &config.tunnel.public_url {
        Some(url) => format!("none needed, reachable at {url}"),
        None => "off (polling is enough; start one on the Train page)".into(),
    };
    println!("  tunnel   {tunnel}");
    let access = match state.access.is_on() {
        true => "ADMIN_PASSWORD is asked for",
        false => "programs of this machine, no password is asked for",
    };
    println!("  access   {access}");
    println!("  folder   {}", config.actor_maker_dir.display());
    if state.documents.are_shared() {
        println!("  shared   {}", state.documents.place());
    }
    if let Some(copied) = copied {
        println!("  copied   {copied}");
    }
    println!("  state    {}", config.state_dir.display());
}

async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("signals can be listened to");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
