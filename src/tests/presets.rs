//! Presets and the price table below the Train form: imported, used, deleted, refused, also as plain forms.

use super::fake_runpod::FakeRunpod;
use super::plain_form::PlainForm;
use super::studio::TestStudio;
use reqwest::Method;
use serde_json::json;

const PRESETS: &str = "/api/training/presets";

#[tokio::test]
async fn settings_files_of_other_trainers_become_presets_and_what_has_no_place_is_listed() {
    let studio = TestStudio::start().await;
    let kohya = "network_dim = 32\nlearning_rate = 3e-4\noptimizer_type = \"AdamW8bit\"\nnoise_offset = 0.1\n[[datasets]]\nresolution = 768\n";
    let made = studio
        .post(PRESETS, &json!({"name": "Fine lines", "text": kohya}))
        .await
        .expect(201);
    assert_eq!(
        (&made["id"], &made["version"]),
        (&json!("fine-lines"), &json!(1))
    );
    assert_eq!(
        made["values"],
        json!({"height": "768", "learning_rate": "0.0003", "network_dim": "32", "optimizer_type": "adamw8bit", "width": "768"})
    );
    assert_eq!(made["leftOut"][0]["name"], "noise_offset");
    let yaml = "job: extension\nconfig:\n  name: x\n  process:\n    - type: sd_trainer\n      network: {type: lora, linear: 16, linear_alpha: 16}\n      train: {steps: 2000, lr: 1e-4}\n      datasets:\n        - resolution: [512, 768]\n";
    let made = studio
        .post(PRESETS, &json!({"name": "Toolkit", "text": yaml}))
        .await
        .expect(201);
    assert_eq!(made["values"]["max_train_steps"], "2000");
    for text in ["", "no settings", "{\"a\": 1}", "[1, 2]"] {
        assert_eq!(
            studio
                .post(PRESETS, &json!({ "text": text }))
                .await
                .refused(400),
            ["preset_text"],
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_import_writes_over_no_preset() {
    let studio = TestStudio::start().await;
    let text = studio.get(&format!("{PRESETS}/kohya-ss")).await.text;
    let made = studio
        .post(PRESETS, &json!({ "text": text }))
        .await
        .expect(201);
    assert_eq!(
        made["id"], "my-kohya-ss",
        "the studio's own id stays the studio's"
    );
    let again = studio
        .post(PRESETS, &json!({ "text": text }))
        .await
        .expect(201);
    assert_eq!(
        (&again["id"], &again["version"]),
        (&json!("my-kohya-ss-2"), &json!(1))
    );
    for (dim, id) in [("8", "imported-settings"), ("16", "imported-settings-2")] {
        let text = format!("network_dim = {dim}");
        let made = studio.post(PRESETS, &json!({ "text": text })).await;
        assert_eq!(made.expect(201)["id"], id);
    }
    let first = studio.get(&format!("{PRESETS}/imported-settings")).await;
    assert_eq!(first.expect(200)["values"]["network_dim"], "8");
    let all = studio.get(PRESETS).await.expect(200);
    assert_eq!(all["presets"][0]["own"], true);
    let delete = |id: &str| studio.send(studio.request(Method::DELETE, &format!("{PRESETS}/{id}")));
    delete("my-kohya-ss").await.expect(204);
    delete("my-kohya-ss").await.refused(404);
    delete("kohya-ss").await.refused(409);
    assert!(studio.state_dir().join("presets.json").is_file());
}

#[tokio::test]
async fn a_preset_is_used_by_a_plain_form_and_kept_with_the_run() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let page = format!("/styles/{style}/train?form[selectionSetId]=1&preset=kohya-ss&use=preset");
    let form = PlainForm::on(&studio, &page, "start_training").await;
    assert_eq!(
        form.value("form[parameters][max_train_steps]"),
        Some("1000")
    );
    assert_eq!(form.value("form[preset]"), Some("kohya-ss@1"));
    form.submit(&studio).await;
    let version = studio.version(&style).await;
    assert_eq!(
        (&version["preset"], &version["parameters"]["learning_rate"]),
        (&json!("kohya-ss@1"), &json!(0.0003))
    );
}

#[tokio::test]
async fn the_page_after_a_preset_says_which_typed_values_it_replaced() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let typed = "form[parameters][learning_rate]=0.0002&form[parameters][num_repeats]=7";
    let page = format!("/styles/{style}/train?form[selectionSetId]=1&{typed}");
    let used = studio
        .get(&format!("{page}&preset=rich&use=preset"))
        .await
        .text;
    assert!(used.contains("“Rich style, several techniques” fills the form."));
    assert!(used.contains("reset Learning rate 0.0002, Repeats 7"));
    assert!(!studio.get(&page).await.text.contains("fills the form"));
}

#[tokio::test]
async fn a_preset_is_deleted_behind_a_second_press_that_names_it() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let new = json!({"name": "Fine lines", "text": "network_dim = 8"});
    studio.post(PRESETS, &new).await.expect(201);
    let page = format!("/styles/{style}/train");
    let html = studio.get(&page).await.text;
    let form = html.find("/rpc/delete_preset").expect("the form");
    let folded = html[..form].rfind("<details").expect("folded");
    assert!(!html[folded..form].contains("</details>"), "in the fold");
    assert!(
        !html[folded..form]
            .split('>')
            .next()
            .expect("a tag")
            .contains("open")
    );
    assert!(
        html[form..]
            .split("</form>")
            .next()
            .expect("its end")
            .contains("Delete Fine lines")
    );
    PlainForm::on(&studio, &page, "delete_preset")
        .await
        .submit(&studio)
        .await;
    let after = studio.get(&page).await.text;
    assert!(!after.contains("/rpc/delete_preset"), "it is gone");
}

#[tokio::test]
async fn a_refused_price_is_told_at_its_row_and_an_import_at_its_button() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let page = format!("/styles/{style}/train");
    let form = PlainForm::on(&studio, &page, "save_costs").await;
    let (_, answer) = form
        .fill("costs[rows][1][usd]", "abc")
        .submit(&studio)
        .await;
    let at = answer.text.find("id=\"price.1\"").expect("the field");
    let begin = answer.text[..at].rfind("<input").expect("its tag");
    let tag = answer.text[begin..].split('>').next().expect("its end");
    assert!(
        tag.contains("aria-invalid=\"true\"") && tag.contains("value=\"abc\""),
        "{tag}"
    );
    assert!(answer.text.contains("id=\"price.1-error\""));
    let fold = answer.text[..at]
        .rfind("<details")
        .expect("the table's fold");
    assert!(
        answer.text[fold..]
            .split('>')
            .next()
            .expect("its end")
            .contains("open")
    );

    let form = PlainForm::on(&studio, &page, "import_preset").await;
    let markup = "no settings </textarea><img src=x>";
    let (_, answer) = form.fill("text", markup).submit(&studio).await;
    assert!(
        !answer.text.contains("<img src=x>"),
        "typed text is no markup"
    );
    let told = answer
        .text
        .find("This is no settings file")
        .expect("the reason");
    let button = answer.text.find(">Import<").expect("the button");
    let fold = answer.text.find("Import settings ").expect("the fold");
    assert!(fold < told && told < button);
}
