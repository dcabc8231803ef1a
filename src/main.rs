//! Configuration, state, routers, serve.

#[cfg(feature = "ssr")]
#[tokio::main]
async fn main() -> std::process::ExitCode {
    match actor_maker::server::serve::run().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("The studio could not start. {reason}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// The browser's entry is `hydrate` in the library.
#[cfg(not(feature = "ssr"))]
fn main() {}
