//! Nobody gets in: the password, sessions, tokens of scripts, names under which the studio answers, what its pages may load, and
//! how many runs may be started.

use super::fake_runpod::FakeRunpod;
use super::studio::{Answer, PUBLIC_URL, Setup, TestStudio, run};
use crate::server::documents::Documents;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

const PASSWORD: &str = "correct horse battery";

/// As a browser sends a form.
pub trait SendForm {
    fn form(self, fields: &[(&str, &str)]) -> Self;
}

impl SendForm for reqwest::RequestBuilder {
    fn form(self, fields: &[(&str, &str)]) -> Self {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.header("content-type", "application/x-www-form-urlencoded")
            .body(body.finish())
    }
}

async fn locked_with(variables: Vec<(&'static str, String)>) -> TestStudio {
    let mut all = vec![("ADMIN_PASSWORD", PASSWORD.to_owned())];
    all.extend(variables);
    TestStudio::with(Setup {
        variables: all,
        ..Setup::default()
    })
    .await
}

async fn locked() -> TestStudio {
    locked_with(Vec::new()).await
}

async fn sign_in(studio: &TestStudio, password: &str) -> Answer {
    let form = [("password", password), ("next", "/setup")];
    studio
        .send(studio.request(Method::POST, "/login").form(&form))
        .await
}

/// The cookie of a successful sign-in, as a browser sends it back.
async fn session(studio: &TestStudio) -> String {
    let answer = sign_in(studio, PASSWORD).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let cookie = answer.header("set-cookie");
    cookie.split(';').next().expect("a cookie").to_owned()
}

async fn with_cookie(studio: &TestStudio, method: Method, path: &str, cookie: &str) -> Answer {
    let request = studio.request(method, path).header("cookie", cookie);
    studio.send(request.header("accept", "text/html")).await
}

#[tokio::test]
async fn without_a_session_there_is_the_sign_in_and_nothing_else() {
    let studio = locked().await;
    for path in ["/", "/setup", "/styles/1/data?image=a", "/guide", "/new"] {
        let request = studio
            .request(Method::GET, path)
            .header("accept", "text/html");
        let answer = studio.send(request).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(
            answer.header("location").starts_with("/login?next=%2F"),
            "{path}"
        );
    }
    for path in [
        "/api/styles",
        "/api/health",
        "/api/openapi.json",
        "/api/ngrok/status",
        "/api/nothing",
    ] {
        let answer = studio.get(path).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"studio\"");
        answer.refused(401);
    }
    studio
        .post("/api/styles", &json!({"title": "x"}))
        .await
        .refused(401);
    let cards = studio
        .request(Method::GET, "/rpc/cards")
        .header("accept", "application/json");
    let cards = studio.send(cards).await.expect(401);
    assert_eq!(cards["kind"], "unauthorized");
    let login = studio.get("/login?next=/setup").await;
    assert_eq!(login.status, 200);
    assert!(!login.text.contains("<script") && login.text.contains("value=\"/setup\""));
    assert!(
        login
            .header("content-security-policy")
            .starts_with("default-src 'none'; style-src")
    );
    assert_eq!(
        studio
            .through_the_tunnel(Method::GET, "/login", String::new())
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn the_password_opens_the_studio_until_one_signs_out() {
    let studio = locked().await;
    let answer = sign_in(&studio, PASSWORD).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/setup"));
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.contains("Secure"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().expect("a cookie").to_owned();
    for path in ["/", "/setup", "/api/styles"] {
        let answer = with_cookie(&studio, Method::GET, path, &cookie).await;
        assert_eq!(answer.status, 200, "{path}");
        let is_kept = answer.header("cache-control") != "no-store";
        assert_eq!(is_kept, path.starts_with("/api"), "{path}");
    }
    let out = with_cookie(&studio, Method::POST, "/logout", &cookie).await;
    assert_eq!((out.status, out.header("location")), (303, "/login"));
    let answer = with_cookie(&studio, Method::GET, "/api/styles", &cookie).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_session_ends_after_a_month_and_is_marked_secure_behind_tls() {
    let studio = locked().await;
    let request = studio
        .request(Method::POST, "/login")
        .form(&[("password", PASSWORD)]);
    let answer = studio
        .send(request.header("x-forwarded-proto", "https"))
        .await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.ends_with("; Secure"), "{cookie}");
    let cookie = cookie.split(';').next().expect("a cookie").to_owned();
    let day = Duration::from_secs(24 * 3600);
    studio.pass(29 * day);
    assert_eq!(
        with_cookie(&studio, Method::GET, "/api/styles", &cookie)
            .await
            .status,
        200
    );
    studio.pass(2 * day);
    assert_eq!(
        with_cookie(&studio, Method::GET, "/api/styles", &cookie)
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn wrong_passwords_are_refused_slowed_down_and_never_repeated() {
    let studio = locked().await;
    for _ in 0..5 {
        let answer = sign_in(&studio, "guess <b>").await;
        assert_eq!(answer.status, 401);
        assert!(answer.header("set-cookie").is_empty() && !answer.text.contains("guess"));
    }
    let answer = sign_in(&studio, PASSWORD).await;
    assert_eq!(answer.status, 429, "the right one waits too");
    assert!(!answer.header("retry-after").is_empty());
    studio.pass(Duration::from_secs(61));
    session(&studio).await;
}

#[tokio::test]
async fn sign_ins_of_other_sites_and_foreign_targets_are_refused() {
    let studio = locked().await;
    let form = [("password", PASSWORD), ("next", "https://evil.example/")];
    let request = studio.request(Method::POST, "/login").form(&form);
    let answer = studio
        .send(request.header("origin", "https://evil.example"))
        .await;
    assert_eq!(answer.status, 403);
    let request = studio.request(Method::POST, "/login").form(&form);
    let answer = studio
        .send(request.header("sec-fetch-site", "cross-site"))
        .await;
    assert_eq!(answer.status, 403);
    let answer = studio
        .send(studio.request(Method::POST, "/login").form(&form))
        .await;
    assert_eq!(answer.header("location"), "/");
}

#[tokio::test]
async fn a_token_is_shown_once_opens_api_only_and_can_be_revoked() {
    let studio = locked().await;
    let cookie = session(&studio).await;
    let make = |name: &'static str| {
        let request = studio.request(Method::POST, "/rpc/make_token");
        let request = request
            .header("cookie", &cookie)
            .header("accept", "application/json");
        studio.send(request.form(&[("token_name", name)]))
    };
    assert!(make("").await.text.contains("1 to 60 characters"));
    assert_eq!(make("nightly script").await.status, 200);
    let page = with_cookie(&studio, Method::GET, "/setup", &cookie)
        .await
        .text;
    let at = page.find("amst_").expect("it is shown");
    let token: String = page[at..].chars().take(48).collect();
    let again = with_cookie(&studio, Method::GET, "/setup", &cookie)
        .await
        .text;
    assert!(!again.contains("amst_") && again.contains("nightly script"));
    let ask = |method: Method, path: &str, token: &str| {
        let request = studio.request(method, path).bearer_auth(token);
        studio.send(request.json(&json!({"title": "By a script"})))
    };
    assert_eq!(ask(Method::GET, "/api/styles", &token).await.status, 200);
    assert_eq!(ask(Method::POST, "/api/styles", &token).await.status, 201);
    assert_eq!(ask(Method::GET, "/", &token).await.status, 303);
    for wrong in ["", "amst_x", &token[..47], PASSWORD] {
        ask(Method::GET, "/api/styles", wrong).await.refused(401);
    }
    let file = studio.state_dir().join("access.json");
    let stored = std::fs::read_to_string(file).expect("it was written");
    let session = cookie.split('=').nth(1).expect("a session");
    for secret in [token.as_str(), session, PASSWORD] {
        assert!(!stored.contains(secret), "stored as a hash");
    }
    let stored: serde_json::Value = serde_json::from_str(&stored).expect("JSON");
    let id = stored["tokens"][0]["id"].as_str().expect("an id");
    let revoke = studio
        .request(Method::POST, "/rpc/revoke_token")
        .header("cookie", &cookie);
    let revoke = revoke
        .header("accept", "application/json")
        .form(&[("id", id)]);
    assert_eq!(studio.send(revoke).await.status, 200);
    ask(Method::GET, "/api/styles", &token).await.refused(401);
}

#[tokio::test]
async fn another_password_ends_every_session() {
    let state_dir = tempfile::tempdir().expect("a folder");
    let access = |password: &str| {
        let password = secrecy::SecretString::from(password);
        {
            let documents = Documents::folder(state_dir.path().to_owned());
            crate::server::access::Access::new(Some(&password), documents)
        }
    };
    let here = [127, 0, 0, 1].into();
    let before = access("first password");
    let welcome = before
        .sign_in("first password", here, 5)
        .await
        .expect("recorded");
    let crate::server::access::SignIn::Welcome(session) = welcome else {
        panic!("{welcome:?}");
    };
    assert!(access("first password").is_session(&session, 6));
    assert!(!access("second password").is_session(&session, 6));
    std::fs::write(state_dir.path().join("access.json"), "{\"sessions\":[").expect("written");
    assert!(
        !access("first password").is_session(&session, 6),
        "a broken file lets nobody in"
    );
}

#[tokio::test]
async fn under_the_public_name_only_the_webhook_answers_until_there_is_a_password() {
    let public = vec![("PUBLIC_URL", PUBLIC_URL.to_owned())];
    let open = TestStudio::with(Setup {
        variables: public.clone(),
        ..Setup::default()
    })
    .await;
    let under = |studio: &TestStudio, method: Method, path: &str| {
        studio
            .request(method, path)
            .header("host", "studio.example.com")
    };
    for path in ["/", "/api/styles", "/setup", "/pkg/actor_maker.css"] {
        let answer = open.send(under(&open, Method::GET, path)).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text.contains("ADMIN_PASSWORD"));
    }
    let hook = under(&open, Method::POST, "/api/training-webhook").body("{}");
    let heard = open.send(hook).await;
    assert!(heard.text.contains("The token is wrong"), "{}", heard.text);
    heard.refused(401);
    let locked = locked_with(public).await;
    let answer = locked.send(under(&locked, Method::GET, "/login")).await;
    assert_eq!(answer.status, 200);
    let form = under(&locked, Method::POST, "/login").form(&[("password", PASSWORD)]);
    let answer = locked.send(form.header("origin", PUBLIC_URL)).await;
    assert!(
        answer.header("set-cookie").ends_with("; Secure"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn on_a_network_addresses_and_allowed_names_are_answered_and_other_names_are_not() {
    let studio = locked_with(vec![
        ("HOST", "0.0.0.0".into()),
        ("ALLOWED_HOSTS", "Studio.lan, other".into()),
    ])
    .await;
    for (host, status) in [
        ("192.168.1.5:5173", 200),
        ("[fe80::1]:5173", 200),
        ("localhost", 200),
        ("studio.lan:5173", 200),
        ("STUDIO.LAN", 200),
        ("evil.example", 403),
        ("studio.lan.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
    ] {
        let request = studio.request(Method::GET, "/login").header("host", host);
        assert_eq!(studio.send(request).await.status, status, "{host}");
    }
    let home = TestStudio::start().await;
    let request = home.request(Method::GET, "/").header("host", "192.168.1.5");
    assert_eq!(home.send(request).await.status, 403);
}

#[tokio::test]
async fn every_page_runs_only_scripts_with_its_own_nonce_and_talks_only_to_the_bucket() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let mut seen = std::collections::HashSet::new();
    for path in [
        "/",
        "/setup",
        "/guide",
        "/new",
        "/nothing-there",
        &format!("/styles/{style}/data"),
        &format!("/styles/{style}/train"),
    ] {
        let answer = studio.get(path).await;
        let policy = answer.header("content-security-policy").to_owned();
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .and_then(|p| p.split('\'').next());
        let nonce = nonce.unwrap_or_else(|| panic!("{path}: {policy}"));
        assert!(
            seen.insert(nonce.to_owned()),
            "{path}: a nonce is used once"
        );
        let inline = answer.text.matches("<script").count();
        let allowed = answer.text.matches(&format!("nonce=\"{nonce}\"")).count();
        assert!(
            inline > 0 && allowed >= inline,
            "{path}: {inline} scripts, {allowed} nonces"
        );
        let bucket = studio.state.s3.address();
        assert!(
            policy.contains(&format!("connect-src 'self' {bucket}")),
            "{policy}"
        );
        for rule in [
            "default-src 'none'",
            "'wasm-unsafe-eval'",
            "worker-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(rule), "{path}: {rule}");
        }
        assert!(
            !policy.contains("'unsafe-eval'")
                && !policy.contains("script-src 'self' 'unsafe-inline'")
        );
    }
    let answer = studio.get("/api/styles").await;
    assert_eq!(
        answer.header("content-security-policy"),
        crate::server::policy::DATA
    );
    let headers = [
        "x-content-type-options",
        "x-frame-options",
        "referrer-policy",
    ];
    assert_eq!(
        headers.map(|h| answer.header(h)),
        ["nosniff", "DENY", "same-origin"]
    );
    let image = studio
        .get(&format!("/api/styles/{style}/images/boat%200.png"))
        .await;
    let seen = ["content-type", "content-security-policy"].map(|h| image.header(h));
    assert_eq!(seen, ["image/png", "sandbox; default-src 'none'"]);
}

#[tokio::test]
async fn only_so_many_paid_runs_are_started_within_a_minute() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::with(Setup {
        runpod: Some(runpod.config()),
        variables: vec![("MAX_STARTS_PER_MINUTE", "2".into())],
        ..Setup::default()
    })
    .await;
    let style = studio.ready_style(1).await;
    let start = |name: &str, key: &str| {
        let request = studio.request(Method::POST, "/api/training/start");
        studio.send(
            request
                .header("idempotency-key", key)
                .json(&run(&style, name)),
        )
    };
    start("V1", "a").await.expect(202);
    start("V2", "b").await.expect(202);
    let refused = start("V3", "c").await;
    assert!(
        refused.text.contains("MAX_STARTS_PER_MINUTE"),
        "{}",
        refused.text
    );
    refused.refused(429);
    start("V1", "a").await.expect(202);
    assert_eq!(runpod.jobs().len(), 2);
    assert_eq!(
        studio.versions(&style).await.len(),
        2,
        "nothing is recorded of what was not sent"
    );
    studio.pass(Duration::from_secs(61));
    start("V3", "c").await.expect(202);
}

#[tokio::test]
async fn a_file_does_not_carry_away_the_headers_of_a_page_that_is_still_being_made() {
    use leptos::reactive::owner::{Owner, provide_context};
    let studio = TestStudio::start().await;
    // what leptos leaves behind on the thread of a page that waits for its data
    let page = leptos_axum::ResponseOptions::default();
    let policy = axum::http::HeaderValue::from_static("the page's own");
    page.insert_header(axum::http::header::CONTENT_SECURITY_POLICY, policy);
    let left = Owner::new_root(None);
    provide_context(page.clone());
    let file = studio.get("/Cargo.toml").await;
    assert_eq!(file.status, 200);
    assert_ne!(file.header("content-security-policy"), "the page's own");
    let still_there = page.0.read().unwrap().headers.len();
    assert_eq!(still_there, 1);
    drop(left);
}
