namespace Busbar.Import.Draft;

/// <summary>A provider as it will be written; the configuration reference says what each member means. Null for what is left out.</summary>
internal sealed record DraftProvider
{
    /// <summary>Its name, or the one it would like.</summary>
    public required string Name { get; init; }

    /// <summary>The row of the catalog that says what is left out; null where everything is said.</summary>
    public string? Listed { get; init; }

    /// <summary><c>protocol</c>.</summary>
    public string? Protocol { get; init; }

    /// <summary><c>api_version</c> of the platform Azure; empty for its v1 API, null where it is another platform or none.</summary>
    public string? AzureVersion { get; init; }

    /// <summary><c>platform</c>, with <c>project</c> and <c>location</c>, of Vertex AI.</summary>
    public (string Project, string Location)? Vertex { get; init; }

    /// <summary><c>base_url</c>.</summary>
    public string? BaseUrl { get; init; }

    /// <summary><c>path</c>.</summary>
    public string? Path { get; init; }

    /// <summary><c>auth</c>.</summary>
    public string? Auth { get; init; }

    /// <summary><c>api_key_env</c>.</summary>
    public string? KeyVariable { get; init; }

    /// <summary><c>api_key_file</c>.</summary>
    public string? KeyFile { get; init; }

    /// <summary><c>allow_private_network</c>.</summary>
    public bool IsPrivate { get; init; }

    /// <summary><c>identity</c> in place of a key, as <see cref="DraftWriter.Flow"/> writes it.</summary>
    public string? Identity { get; init; }

    /// <summary><c>headers</c>, as <see cref="DraftWriter.Flow"/> writes it.</summary>
    public string? Headers { get; init; }

    /// <summary><c>proxy</c>.</summary>
    public string? Proxy { get; init; }
}
