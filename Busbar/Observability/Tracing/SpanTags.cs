using System.Diagnostics;

namespace Busbar.Observability.Tracing;

/// <summary>How a span gets what it says.</summary>
internal static class SpanTags
{
    /// <summary>
    /// Says <paramref name="value"/> under a <paramref name="name"/> that the span does not have yet; nothing when it is null. The platform's own
    /// SetTag looks through all names first, for each of thirty.
    /// </summary>
    public static Activity With(this Activity span, string name, object? value) => value is null ? span : span.AddTag(name, value);
}
