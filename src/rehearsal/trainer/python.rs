//! Values as Python prints them, for metadata that other tools read back.

/// `True` or `False`.
pub fn truth(on: bool) -> String {
    if on { "True" } else { "False" }.to_owned()
}

/// Seconds since 1970 as Python prints a float.
pub fn seconds(unix_ms: u64) -> String {
    float(unix_ms as f64 / 1000.0)
}

/// A moment in UTC to the second, without its zone.
pub fn date(unix_ms: u64) -> String {
    let at = i64::try_from(unix_ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    at.unwrap_or_default()
        .strftime("%Y-%m-%dT%H:%M:%S")
        .to_string()
}

/// A float as Python's `str` has it: `16.0`, `0.0001`, `5e-05`.
pub fn float(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let scientific = format!("{value:e}");
        let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{value:?}")
}

#[cfg(test)]
mod tests {
    use super::float;

    #[test]
    fn floats_are_spelled_as_python_does() {
        let spelled = [16.0, 0.0001, 0.00005, 0.00025, 3.1582, 1e-7, 0.0].map(float);
        assert_eq!(
            spelled,
            [
                "16.0", "0.0001", "5e-05", "0.00025", "3.1582", "1e-07", "0.0"
            ]
        );
    }
}
