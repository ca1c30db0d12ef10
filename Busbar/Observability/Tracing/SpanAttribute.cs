namespace Busbar.Observability.Tracing;

/// <summary>One fact about a span.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Text">Its value; null for a number.</param>
/// <param name="Number">Its value where <paramref name="Text"/> is null.</param>
internal readonly record struct SpanAttribute(string Key, string? Text, long Number);
