using System.IO.Compression;
using System.Text;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration.Binding;

/// <summary>Reads the files a configuration is made of. Every failure is one problem that names the file.</summary>
internal static class ConfigFile
{
    private const int MaxBytes = 1024 * 1024;
    private const string BuiltInCatalog = "providers.yaml";
    private const string BuiltInPrices = "prices.yaml";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a YAML file; null when it cannot be read or parsed, or is empty.</summary>
    /// <param name="file">The file.</param>
    /// <param name="remedy">How to name another file.</param>
    /// <param name="report">Takes the problems.</param>
    /// <param name="merges">Whether merge keys are expanded.</param>
    public static YamlNode? ReadYaml(string file, string remedy, ConfigReport report, bool merges = false) =>
        Read(file, "", remedy, report) is { } text ? YamlReader.Read(text, file, report, merges) : null;

    private static readonly Lazy<IReadOnlyDictionary<string, string>> PriceBlocks = new(SplitPrices);

    /// <summary>The price list inside the binary, block by block, since a start needs few of them: the text below each provider's name.</summary>
    public static IReadOnlyDictionary<string, string> BuiltInPriceBlocks => PriceBlocks.Value;

    /// <summary>Reads the catalog inside the binary.</summary>
    public static YamlNode? ReadBuiltInCatalog(ConfigReport report)
        => YamlReader.Read(BuiltIn(BuiltInCatalog), BuiltInCatalog + " (built in)", report);

    /// <summary>Reads the block <paramref name="text"/> of the price list inside the binary.</summary>
    public static YamlNode? ReadBuiltInPrices(string name, string text, ConfigReport report)
        => YamlReader.Read(text, $"{BuiltInPrices} (built in), {name}", report);

    private static string BuiltIn(string name)
    {
        using Stream stream = typeof(ConfigFile).Assembly.GetManifestResourceStream(name + ".gz")
            ?? throw new InvalidOperationException($"The resource {name}.gz is missing from the assembly.");
        using var plain = new GZipStream(stream, CompressionMode.Decompress);
        using StreamReader reader = new(plain, Utf8);
        return reader.ReadToEnd();
    }

    // Only names of providers begin a line.
    private static Dictionary<string, string> SplitPrices()
    {
        Dictionary<string, string> blocks = new(StringComparer.Ordinal);
        string text = BuiltIn(BuiltInPrices);
        int at = 0;
        string? name = null;
        int start = 0;
        while (at < text.Length)
        {
            int end = text.IndexOf('\n', at);
            end = end < 0 ? text.Length : end;
            if (end > at && text[end - 1] == ':' && char.IsAsciiLetterOrDigit(text[at]))
            {
                Keep(at);
                name = text[at..(end - 1)];
                start = end + 1;
            }

            at = end + 1;
        }

        Keep(text.Length);
        return blocks;

        void Keep(int end)
        {
            if (name is not null)
            {
                blocks.Add(name, text[start..end]);
            }
        }
    }

    /// <summary>Reads a text file of at most 1 MiB in UTF-8; null after reporting why not.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">The key that names it; empty when no key does.</param>
    /// <param name="remedy">What to do when it cannot be read.</param>
    /// <param name="report">Takes the problem.</param>
    public static string? Read(string file, string path, string? remedy, ConfigReport report)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] content = new byte[MaxBytes + 1];
            int length = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            if (length <= MaxBytes)
            {
                return Utf8.GetString(content, 0, length).TrimStart('\uFEFF');
            }

            report.Error(path, $"the file '{file}' is larger than {MaxBytes} bytes");
        }
        catch (Exception problem) when (Explain(problem) is { } reason)
        {
            report.Error(path, $"cannot read the file '{file}': {reason}", remedy);
        }

        return null;
    }

    private static string? Explain(Exception problem) => problem switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file",
        UnauthorizedAccessException => "it is a directory, or permission is denied",
        DecoderFallbackException => "it is not UTF-8 text",
        ArgumentException or NotSupportedException => "that is not a file name",
        IOException => problem.Message,
        _ => null,
    };
}
