namespace Busbar.Tests;

/// <summary>The request of a recorded exchange. Header names are lower case.</summary>
internal sealed record CorpusRequest(
    string Path,
    IReadOnlyDictionary<string, string> Query,
    IReadOnlyDictionary<string, string> Headers,
    ReadOnlyMemory<byte> Body);
