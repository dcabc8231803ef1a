//! What a worker uses of the browser: decoders, canvases, synchronous reading. Only the few methods that are called.

use js_sys::{ArrayBuffer, Object, Promise, Reflect, Uint8ClampedArray};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Blob;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = postMessage)]
    pub fn post_message(message: &JsValue);

    #[wasm_bindgen(js_name = createImageBitmap)]
    pub fn create_image_bitmap(file: &Blob, options: &Object) -> Promise;

    pub type ImageBitmap;
    #[wasm_bindgen(method, getter)]
    pub fn width(this: &ImageBitmap) -> u32;
    #[wasm_bindgen(method, getter)]
    pub fn height(this: &ImageBitmap) -> u32;
    #[wasm_bindgen(method)]
    pub fn close(this: &ImageBitmap);

    pub type OffscreenCanvas;
    #[wasm_bindgen(constructor, catch)]
    pub fn new(width: u32, height: u32) -> Result<OffscreenCanvas, JsValue>;
    #[wasm_bindgen(method, js_name = getContext)]
    pub fn get_context(this: &OffscreenCanvas, kind: &str, options: &Object) -> Option<Context>;
    #[wasm_bindgen(method, js_name = convertToBlob)]
    pub fn convert_to_blob(this: &OffscreenCanvas, options: &Object) -> Promise;

    #[wasm_bindgen(js_name = OffscreenCanvasRenderingContext2D)]
    pub type Context;
    #[wasm_bindgen(method, setter, js_name = fillStyle)]
    pub fn set_fill_style(this: &Context, colour: &str);
    #[wasm_bindgen(method, setter, js_name = imageSmoothingQuality)]
    pub fn set_smoothing(this: &Context, quality: &str);
    #[wasm_bindgen(method, js_name = fillRect)]
    pub fn fill_rect(this: &Context, x: f64, y: f64, width: f64, height: f64);
    #[wasm_bindgen(method, js_name = clearRect)]
    pub fn clear_rect(this: &Context, x: f64, y: f64, width: f64, height: f64);
    #[wasm_bindgen(method, js_name = setTransform)]
    pub fn set_transform(this: &Context, a: f64, b: f64, c: f64, d: f64, e: f64, f: f64);
    /// `picture`: an `ImageBitmap` or an `OffscreenCanvas`.
    #[wasm_bindgen(method, js_name = drawImage)]
    pub fn draw_image(this: &Context, picture: &JsValue, x: f64, y: f64, width: f64, height: f64);
    #[wasm_bindgen(method, catch, js_name = getImageData)]
    pub fn get_image_data(
        this: &Context,
        x: i32,
        y: i32,
        width: i32,
        height: i32,
    ) -> Result<ImageData, JsValue>;

    pub type ImageData;
    #[wasm_bindgen(method, getter)]
    pub fn data(this: &ImageData) -> Uint8ClampedArray;

    pub type FileReaderSync;
    #[wasm_bindgen(constructor)]
    pub fn new() -> FileReaderSync;
    #[wasm_bindgen(method, catch, js_name = readAsArrayBuffer)]
    pub fn read(this: &FileReaderSync, part: &Blob) -> Result<ArrayBuffer, JsValue>;
}

/// A plain object of options.
pub fn options(pairs: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in pairs {
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object
}
