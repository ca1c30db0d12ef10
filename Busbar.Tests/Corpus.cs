using System.Text;
using System.Text.Json;
using Busbar.Ir;

namespace Busbar.Tests;

/// <summary>
/// Recorded traffic, read in place from <c>../shared/corpus</c> beside the repository. A test that needs it begins with
/// <c>Skip.IfNot(Corpus.Exists)</c>. Exchanges are parsed once per test run and must not be changed.
/// </summary>
internal static class Corpus
{
    private static readonly string[] Folders = ["anthropic", "openai-chat", "gemini", "bedrock", "openai-responses", "cohere"];

    private static readonly Lazy<IReadOnlyList<CorpusExchange>>[] Loaded =
        [.. Enumerable.Range(0, Folders.Length).Select(id => new Lazy<IReadOnlyList<CorpusExchange>>(() => Load((ProtocolId)id)))];

    /// <summary>The folder with <c>busbar.sln</c>.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The folder of shared material; null when it is not there.</summary>
    public static string? SharedFolder { get; } = FindShared();

    /// <summary>Whether the recorded exchanges are there.</summary>
    public static bool Exists => SharedFolder is not null && Directory.Exists(Path.Combine(SharedFolder, "corpus", "dev"));

    /// <summary>All exchanges of one protocol, ordered by id; none when the corpus is absent.</summary>
    public static IReadOnlyList<CorpusExchange> Of(ProtocolId protocol) => Loaded[(int)protocol].Value;

    /// <summary>All exchanges of the six protocols.</summary>
    public static IEnumerable<CorpusExchange> All => Enumerable.Range(0, Folders.Length).SelectMany(id => Of((ProtocolId)id));

    /// <summary>Path of a file in the schemas folder; only with <see cref="Exists"/>.</summary>
    public static string SchemaPath(string fileName) => Path.Combine(SharedFolder!, "schemas", fileName);

    private static IReadOnlyList<CorpusExchange> Load(ProtocolId protocol) => !Exists
        ? []
        : [.. Directory.EnumerateFiles(Path.Combine(SharedFolder!, "corpus", "dev", Folders[(int)protocol]), "*.json")
            .Order(StringComparer.Ordinal)
            .Select(file => Read(file, protocol))];

    private static CorpusExchange Read(string file, ProtocolId protocol)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        JsonElement root = document.RootElement;
        JsonElement request = root.GetProperty("request");
        JsonElement response = root.GetProperty("response");
        return new CorpusExchange(
            root.GetProperty("id").GetString()!,
            protocol,
            root.GetProperty("model").GetString() ?? "",
            response.GetProperty("status").GetInt32(),
            root.GetProperty("streaming").GetBoolean(),
            root.GetProperty("fidelity").GetString()!,
            [.. root.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()!)],
            request.ValueKind == JsonValueKind.Null ? null : new CorpusRequest(
                request.GetProperty("path").GetString()!,
                Strings(request.GetProperty("query")),
                Strings(request.GetProperty("headers")),
                Raw(request.GetProperty("body"))),
            Strings(response.GetProperty("headers")),
            response.GetProperty("content_type").GetString()!,
            Body(response));
    }

    private static byte[] Body(JsonElement response) =>
        response.TryGetProperty("body_json", out JsonElement json) ? Raw(json)
        : response.TryGetProperty("body_text", out JsonElement text) ? Encoding.UTF8.GetBytes(text.GetString()!)
        : response.GetProperty("body_base64").GetBytesFromBase64();

    private static byte[] Raw(JsonElement value) => Encoding.UTF8.GetBytes(value.GetRawText());

    private static Dictionary<string, string> Strings(JsonElement members) =>
        members.EnumerateObject().ToDictionary(member => member.Name.ToLowerInvariant(), member => member.Value.ToString());

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "busbar.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests do not run from inside the repository.");
    }

    private static string? FindShared()
    {
        string shared = Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared"));
        return Directory.Exists(shared) ? shared : null;
    }
}
