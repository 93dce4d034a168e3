import Testing

/// All tests of the whole. One after the other: each starts at least one Frontdesk, and what they measure
/// should be Frontdesk and not the crowd.
@Suite(.serialized) enum WholeSystem {}
