//! What features keep in memory as long as the process runs, by type and key, without this room knowing them.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

type Kept = HashMap<(TypeId, String), Arc<dyn Any + Send + Sync>>;

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Residents(Arc<Mutex<Kept>>);

impl Residents {
    /// The one thing of this type under this key, made when first asked for.
    pub fn of<T: Any + Default + Send + Sync>(&self, key: &str) -> Arc<T> {
        let mut kept = self.0.lock().expect("not poisoned");
        let id = (TypeId::of::<T>(), key.to_owned());
        let one = kept.entry(id).or_insert_with(|| Arc::new(T::default()));
        Arc::clone(one)
            .downcast()
            .expect("it is kept under its type")
    }
}
