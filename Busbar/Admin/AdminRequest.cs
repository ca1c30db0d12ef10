using Busbar.Wire;
using Microsoft.AspNetCore.Http;

namespace Busbar.Admin;

/// <summary>A call of the admin API, whoever listened for it.</summary>
internal sealed class AdminRequest
{
    /// <summary>Its method.</summary>
    public required string Method { get; init; }

    /// <summary>Path as sent, percent-encoded, without query.</summary>
    public required string Path { get; init; }

    /// <summary>Query as sent, without the question mark.</summary>
    public string Query { get; init; } = "";

    /// <summary>Its headers.</summary>
    public required IHeaderDictionary Headers { get; init; }

    /// <summary>Where it came from: the client's address, or what else names it.</summary>
    public required string Source { get; init; }

    /// <summary>Whether it came by a way that only who may do everything can take, so that it needs no token.</summary>
    public bool IsLocal { get; init; }

    /// <summary>
    /// Reads the whole body; null when it is longer than so many bytes. Throws <see cref="IOException"/> when the client breaks the protocol or is
    /// gone.
    /// </summary>
    public required Func<long, ValueTask<PooledBuffer?>> ReadBody { get; init; }
}
