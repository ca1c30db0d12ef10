using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Dashboard;

/// <summary>A file of the page for people. It lies compressed in this program, and is unpacked when somebody wants it otherwise.</summary>
internal sealed class PageFile
{
    /// <summary>The file that the others belong to.</summary>
    public const string Index = "index.html";

    private const string Prefix = "page/";

    private static readonly Dictionary<string, PageFile> Files = Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToDictionary(name => name[Prefix.Length..], name => new PageFile(name), StringComparer.Ordinal);

    private readonly byte[] _gzip;
    private readonly Lazy<byte[]> _plain;
    private readonly Lazy<byte[]> _brotli;

    private PageFile(string resource)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        _gzip = new byte[stream.Length];
        stream.ReadExactly(_gzip);
        _plain = new(Plain);
        _brotli = new(Brotli);
        Tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(_gzip).AsSpan(0, 8))}\"";
        ContentType = Path.GetExtension(resource) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "text/javascript; charset=utf-8",
        };
    }

    /// <summary>Names of all files.</summary>
    public static IReadOnlyCollection<string> Names => Files.Keys;

    /// <summary>Its media type.</summary>
    public string ContentType { get; }

    /// <summary>An entity tag, quoted: another one when its content is another.</summary>
    public string Tag { get; }

    /// <summary>The file called <paramref name="name"/>; null for none.</summary>
    public static PageFile? Find(string name) => Files.GetValueOrDefault(name);

    /// <summary>Its content in the best coding that <paramref name="accepted"/>, an Accept-Encoding header, names; null for no coding.</summary>
    public (string? Coding, byte[] Body) In(string accepted) =>
        AcceptedCodings.Has(accepted, "br") ? ("br", _brotli.Value)
        : AcceptedCodings.Has(accepted, "gzip") ? ("gzip", _gzip)
        : (null, _plain.Value);

    private byte[] Plain()
    {
        using var output = new MemoryStream();
        using (var stream = new GZipStream(new MemoryStream(_gzip), CompressionMode.Decompress))
        {
            stream.CopyTo(output);
        }

        return output.ToArray();
    }

    private byte[] Brotli()
    {
        using var output = new MemoryStream();
        using (var stream = new BrotliStream(output, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(_plain.Value);
        }

        return output.ToArray();
    }
}
