//! What an ISO text means. Reads no time zone and no clock.

/// Unix milliseconds of `2025-10-13T19:36:17.724Z`, also with more or fewer digits of a second or an offset like
/// `+02:00`. `None` for anything else: the same on both targets, so that both build the same page.
pub fn unix_ms(iso: &str) -> Option<i64> {
    let number = |from: usize, to: usize| iso.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let rest = iso.get(19..)?;
    let zone_at = rest.find(['Z', '+', '-'])?;
    let (fraction, zone) = rest.split_at(zone_at);
    let millis = match fraction.strip_prefix('.') {
        Some(digits) => format!("{digits:0<3}").get(..3)?.parse::<i64>().ok()?,
        None if fraction.is_empty() => 0,
        None => return None,
    };
    let of_day = (hour * 60 + minute - offset_minutes(zone)?) * 60 + second;
    Some((days(year, month, day) * 86_400 + of_day) * 1_000 + millis)
}

/// `Z`, `+02:00`, `-0530`.
fn offset_minutes(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let hours: i64 = digits.get(..2)?.parse().ok()?;
    let minutes: i64 = digits.get(2..4).unwrap_or("0").parse().ok()?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    Some(sign * (hours * 60 + minutes))
}

/// Days since 1970-01-01 of a Gregorian date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_older_files_write_a_time_is_read() {
        let utc = Some(1_760_384_177_000);
        assert_eq!(unix_ms("2025-10-13T19:36:17Z"), utc);
        assert_eq!(unix_ms("2025-10-13T19:36:17+00:00"), utc);
        assert_eq!(unix_ms("2025-10-13T21:36:17.000+02:00"), utc);
        assert_eq!(unix_ms("2025-10-13T14:06:17-0530"), utc);
        assert_eq!(
            unix_ms("2025-10-13T19:36:17.724159Z"),
            utc.map(|ms| ms + 724)
        );
        assert_eq!(unix_ms("2025-10-13T19:36:17.7Z"), utc.map(|ms| ms + 700));
        assert_eq!(unix_ms("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(unix_ms("2024-02-29T00:00:00Z"), Some(1_709_164_800_000));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "yesterday",
            "2025-10-13",
            "2025-10-13T19:36:17",
            "ü025-10-13T19:36:17Z",
        ] {
            assert_eq!(unix_ms(text), None, "{text}");
        }
    }
}
