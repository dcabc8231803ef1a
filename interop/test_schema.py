"""Schemathesis against the document at `/api/openapi.json`: what it allows is taken, what it forbids is refused, every answer is one it
names, and nothing is ever a 5xx."""

import subprocess
import sys

import dataset
from studio import CHECKOUT

# rules between fields, or about the content of a file, that a schema cannot say: a 400 for a body that fits the schema is right
BEYOND_THE_SCHEMA = {
    "DELETE /api/styles/{id}": "the title is repeated",
    "POST /api/styles/{id}/caption-edits/preview": "each operation needs fields of its own",
    "POST /api/styles/{id}/folder/choose": "the folders are those of the style",
    "POST /api/styles/{id}/folder/fetch": "names are names of files",
    "POST /api/styles/{id}/folder/remove": "names are names of files, and confirmed",
    "POST /api/styles/{id}/folder/send": "names are names of files",
    "GET /api/styles/{id}/images": "filter and sort are languages of their own",
    "PUT /api/styles/{id}/images/{filename}": "the body is a picture, and the name ends as one",
    "PUT /api/styles/{id}/images/{filename}/caption": "a caption is not blank",
    "PUT /api/styles/{id}/images/{filename}/quality": "only what was remarked can be dismissed",
    "PUT /api/styles/{id}/images/{filename}/thumbnail": "the body is a small JPEG",
    "GET /api/styles/{id}/quality": "the smallest bucket is smaller than the largest",
    "POST /api/styles/{id}/reproductions": "the file is an exported run",
    "POST /api/styles/{id}/selection-sets": "names or a filter",
    "PUT /api/styles/{id}/selection-sets/{setId}": "names or a filter",
    "GET /api/styles/{id}/training-versions/compare": "two to four versions are compared",
    "POST /api/styles/{id}/training-versions": "what is imported is a version",
    "POST /api/styles/{id}/training-versions/import": "names are those of models in the bucket",
    "PATCH /api/styles/{id}/training-versions/{versionId}": "a name is taken by one version",
    "POST /api/styles/{id}/uploads": "a whole number written as 1355.0 is not read",
    "DELETE /api/styles/{id}/training-versions/{versionId}/files/{filename}": "the name is repeated",
    "POST /api/ngrok/start": "of the providers two are programs",
    "POST /api/training-webhook": "RunPod's report or the container's",
    "PUT /api/training/costs": "the GPU is one of the table's",
    "POST /api/training/presets": "the text is a settings file",
    "POST /api/training/preview": "the parameters' own rules",
    "POST /api/training/start": "the parameters' own rules",
    "POST /api/training/sweeps": "the parameters' own rules",
    "POST /api/training/sweeps/preview": "the parameters' own rules",
}


def config(path, studio, style, selection):
    """Real ids, so that more than 404 is met; the exceptions above, each by its name."""
    version = studio.versions(style)[0]["id"]
    lines = ["[parameters]", f'"path.id" = {style!r}'.replace("'", '"'), f'"path.setId" = {selection}', f'"path.versionId" = "{version}"', ""]
    for operation in BEYOND_THE_SCHEMA:
        lines += ["[[operations]]", f'include-name = "{operation}"', "checks.positive_data_acceptance.enabled = false", ""]
    path.write_text("\n".join(lines))


def test_the_interface_keeps_to_its_document(studio_factory, tmp_path):
    agents = {}
    for program in ("ngrok", "cloudflared"):
        agents[f"{program.upper()}_BIN"] = str(tmp_path / f"{program}-ok")
        (tmp_path / f"{program}-ok").symlink_to(CHECKOUT / f"src/tests/fake_{program}.py")
    studio = studio_factory(**agents)
    style, selection = dataset.ready_style(studio)
    studio.json("POST", "/api/training/start", 202, json=dataset.run(style, selection, "V1"))
    documented = {f"{method.upper()} {path}" for path, operations in studio.json("GET", "/api/openapi.json")["paths"].items() for method in operations}
    assert set(BEYOND_THE_SCHEMA) <= documented, set(BEYOND_THE_SCHEMA) - documented
    settings = tmp_path / "schemathesis.toml"
    config(settings, studio, style, selection)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", settings, "run", studio.addresses["page"] + "/api/openapi.json",
               "--phases", "examples,coverage,fuzzing", "--max-examples", "10", "--generation-deterministic", "--no-shrink",
               "--continue-on-failure", "--workers", "1", "--request-timeout", "60", "--no-color"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout[-20000:] + ended.stderr[-2000:]
    assert studio.get("/api/health").ok
    assert not [line for line in studio.log if "panicked" in line]
