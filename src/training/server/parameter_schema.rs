//! The parameter table as an OpenAPI schema, so that `/api/openapi.json` names every parameter with its bounds and default.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::training::model::form::Typed;
use crate::training::model::parameters::{Kind, PARAMETERS, Parameter};

impl PartialSchema for Typed {
    fn schema() -> RefOr<Schema> {
        PARAMETERS
            .iter()
            .fold(ObjectBuilder::new(), |object, parameter| object.property(parameter.name, property(parameter)))
            .description(Some("By the trainer's own names; an absent one means its default. Numbers may be given as text."))
            .into()
    }
}

impl ToSchema for Typed {
    fn name() -> std::borrow::Cow<'static, str> {
        "TrainingParameters".into()
    }
}

fn property(parameter: &Parameter) -> Object {
    let unit = if parameter.unit.is_empty() {
        String::new()
    } else {
        format!(" Unit: {}.", parameter.unit)
    };
    let described = ObjectBuilder::new()
        .title(Some(parameter.label))
        .description(Some(format!(
            "{} {} Default: {}.{unit}",
            parameter.help,
            parameter.why,
            parameter.default_text()
        )));
    let typed = |object: ObjectBuilder, of: Type| object.schema_type(SchemaType::new(of));
    match parameter.kind {
        Kind::Int { min, max, .. } => typed(described, Type::Integer)
            .minimum(Some(min as f64))
            .maximum(Some(max as f64)),
        Kind::Float { min, max, .. } => typed(described, Type::Number)
            .minimum(Some(min))
            .maximum(Some(max)),
        Kind::Bool => typed(described, Type::Boolean),
        Kind::Text { max_bytes } => typed(described, Type::String).max_length(Some(max_bytes)),
        Kind::FileName => typed(described, Type::String).max_length(Some(255)),
        Kind::Choice(words) => {
            typed(described, Type::String).enum_values(Some(words.iter().copied()))
        }
    }
    .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_names_every_parameter_with_its_bounds() {
        let schema = serde_json::to_value(Typed::schema()).expect("JSON");
        for parameter in PARAMETERS {
            assert!(
                schema["properties"][parameter.name].is_object(),
                "{}",
                parameter.name
            );
        }
        assert_eq!(schema["properties"]["max_train_steps"]["maximum"], 100_000);
        assert_eq!(schema["properties"]["save_dtype"]["enum"][2], "bf16");
    }
}
