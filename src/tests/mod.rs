//! Stories through the real router, and tests of the house itself.

mod truth;
