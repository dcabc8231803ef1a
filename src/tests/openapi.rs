//! The document at `/api/openapi.json` says what is true, and refusals of every sort have the form it names.

use super::studio::TestStudio;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn only_names_in_the_address_are_parameters_of_the_path() {
    let studio = TestStudio::start().await;
    let document = studio.get("/api/openapi.json").await.expect(200);
    let mut queries = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            assert_ne!(operation.get("parameters"), Some(&json!(null)), "{path}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().expect("a name");
                let is_in_path = path.contains(&format!("{{{name}}}"));
                assert_eq!(
                    parameter["in"] == "path",
                    is_in_path,
                    "{method} {path}: {name}"
                );
                let is_required = parameter["required"] == true;
                assert!(is_required || !is_in_path, "{method} {path}: {name}");
                queries += usize::from(parameter["in"] == "query");
            }
        }
    }
    assert!(queries > 10, "{queries}");
    let filename = &document["paths"]["/api/styles/{id}/images/{filename}"]["get"]["parameters"][1];
    assert!(filename["schema"]["pattern"].is_string(), "{filename}");
    let size = &document["components"]["schemas"]["WantedUpload"]["properties"]["sizeBytes"];
    assert_eq!(size["maximum"], json!(u64::MAX));
}

#[tokio::test]
async fn what_cannot_be_read_at_all_is_refused_as_a_problem() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    for path in [
        format!("/api/styles/{style}/images?limit=-1"),
        format!("/api/styles/{style}/quality?batch_size=many"),
        format!("/api/styles/{style}/images/%ff%fe"),
    ] {
        studio.get(&path).await.refused(400);
    }
    let style = format!("/api/styles/{style}");
    // serde would take a list for an object
    studio
        .patch(&style, &json!([null, null]))
        .await
        .refused(400);
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let request = studio.request(Method::POST, "/api/styles");
        let request = request
            .header("content-type", kind)
            .body(r#"{"title":"x"}"#);
        studio.send(request).await.refused(400);
    }
}
