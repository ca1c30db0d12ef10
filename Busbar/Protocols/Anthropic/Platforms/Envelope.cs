namespace Busbar.Protocols.Anthropic.Platforms;

/// <summary>Where a platform wants what the vendor's own API has in path, headers and body of a Messages request.</summary>
/// <param name="NamesModel">The body names the model; otherwise the path does.</param>
/// <param name="HasStream">The body says whether a stream is wanted; otherwise the path does.</param>
/// <param name="Version">The <c>anthropic_version</c> of bodies that are built here; null where a header has it.</param>
/// <param name="HasBetas">Betas stand in the body, as <c>anthropic_beta</c>; otherwise in the header <c>anthropic-beta</c>.</param>
internal sealed record Envelope(bool NamesModel, bool HasStream, string? Version, bool HasBetas)
{
    /// <summary>The vendor's own API.</summary>
    public static Envelope Messages { get; } = new(NamesModel: true, HasStream: true, Version: null, HasBetas: false);

    /// <summary>Claude on Vertex AI.</summary>
    public static Envelope Vertex { get; } = new(NamesModel: false, HasStream: true, "vertex-2023-10-16", HasBetas: false);

    /// <summary>Claude on Bedrock, by <c>InvokeModel</c>.</summary>
    public static Envelope Invoke { get; } = new(NamesModel: false, HasStream: false, "bedrock-2023-05-31", HasBetas: true);
}
