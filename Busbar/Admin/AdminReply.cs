using System.IO.Pipelines;
using Busbar.Admin.Process;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Admin;

/// <summary>An answer of the admin API: JSON, unless a table was asked for.</summary>
internal sealed class AdminReply : IDisposable
{
    /// <summary>HTTP status.</summary>
    public int Status { get; set; } = 200;

    /// <summary>What the body is.</summary>
    public string ContentType { get; set; } = "application/json";

    /// <summary>The body.</summary>
    public PooledBuffer Body { get; } = new(1024);

    /// <summary>Writes the body bit by bit in place of <see cref="Body"/>, for as long as it takes; null for an answer that is there.</summary>
    public Func<PipeWriter, CancellationToken, Task>? Stream { get; set; }

    /// <summary>What the answer holds until it is disposed; null for nothing.</summary>
    public IDisposable? Held { get; set; }

    /// <summary>A request that is to be served as a client's, whose answer takes the place of this one; null for none.</summary>
    public Trial? Trial { get; set; }

    /// <summary>Value of the <c>Allow</c> header; null for none.</summary>
    public string? Allow { get; set; }

    /// <summary>Writes into <see cref="Body"/>.</summary>
    public JsonWriter Json => new(Body);

    /// <summary>Replaces whatever was written by <paramref name="error"/>.</summary>
    public void Refuse(in AdminError error)
    {
        Body.Clear();
        Stream = null;
        Trial = null;
        ContentType = "application/json";
        Status = error.Status;
        JsonWriter json = Json;
        json.StartObject();
        json.StartObject("error"u8);
        json.String("message"u8, error.Message);
        json.String("type"u8, error.Type);
        json.String("code"u8, error.Code);
        json.EndObject();
        json.EndObject();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Held?.Dispose();
        Body.Dispose();
    }
}
