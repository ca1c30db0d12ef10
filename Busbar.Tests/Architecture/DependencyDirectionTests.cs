using System.Text.RegularExpressions;

namespace Busbar.Tests.Architecture;

/// <summary>Dependencies between the product's folders run one way.</summary>
public sealed class DependencyDirectionTests
{
    /// <summary>What each folder may use besides itself. A new folder needs a row.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Wire"] = [],
        ["Ir"] = ["Wire"],
        ["Protocols"] = ["Wire", "Ir"],
        ["Configuration"] = ["Wire", "Ir"],
        // Selection and breakers decide on classes of faults: never on protocols or bytes.
        ["Reliability"] = ["Ir", "Configuration"],

        // Figures are read from the parts they describe; traces and request logs leave through the same vetting of addresses as calls to providers.
        ["Observability"] = ["Wire", "Ir", "Configuration", "Reliability", "Upstream"],
        ["Governance"] = ["Wire", "Ir", "Configuration", "Observability"],
        ["Upstream"] = ["Wire", "Ir", "Protocols", "Configuration"],
        // Tokens of issuers: their keys come over the same vetted network as everything else.
        ["Oidc"] = ["Wire", "Ir", "Configuration", "Observability", "Upstream"],
        ["Demo"] = ["Wire", "Ir", "Protocols", "Configuration"],
        ["Dashboard"] = ["Wire", "Ir", "Configuration", "Observability"],
        ["Admin"] = ["Wire", "Ir", "Configuration", "Observability", "Reliability", "Governance"],
        ["Import"] = ["Wire", "Ir", "Configuration", "Governance"],
        ["Gateway"] = ["Wire", "Ir", "Protocols", "Configuration", "Observability", "Reliability", "Governance", "Upstream", "Dashboard", "Admin",
            "Oidc"],
        ["Commands"] = ["Wire", "Ir", "Protocols", "Configuration", "Observability", "Reliability", "Governance", "Upstream", "Dashboard", "Admin",
            "Gateway", "Import", "Demo", "Oidc"],
    };

    // "Busbar.Wire", and also "Wire.Json.JsonText", which resolves through the parent namespace. Properties bear names of folders too
    // ("Governance.Enabled"), so the short form counts only with the name of one of the folder's types.
    private static readonly Regex Mention = new(
        $@"\bBusbar\.(?<folder>[A-Z]\w*)|(?<![\w.""@])(?:{string.Join('|', SourceTree.Files.Where(file => file.Path.Contains('/')).Select(ShortForm))})\b");

    [Fact]
    public void Every_folder_uses_only_folders_below_it()
    {
        var violations = new List<string>();
        foreach ((string path, string code) in SourceTree.Files)
        {
            string folder = SourceTree.FolderOf(path);
            if (folder.Length == 0)
            {
                continue;
            }

            foreach (Match mention in Mention.Matches(code))
            {
                string used = mention.Groups["folder"].Value;
                if (used != folder && Allowed.ContainsKey(used) && !Allowed.GetValueOrDefault(folder, []).Contains(used))
                {
                    violations.Add($"{path} uses {used}");
                }
            }
        }

        Assert.Empty(violations.Distinct());
    }

    [Fact]
    public void Every_folder_has_its_place_in_the_order() =>
        Assert.Empty(SourceTree.Files.Select(file => SourceTree.FolderOf(file.Path)).Where(folder => folder.Length > 0).Distinct()
            .Except(Allowed.Keys));

    [Fact]
    public void The_order_of_folders_has_no_ring()
    {
        var placed = new HashSet<string>();
        while (Allowed.Keys.FirstOrDefault(folder => !placed.Contains(folder) && Allowed[folder].All(placed.Contains)) is { } next)
        {
            placed.Add(next);
        }

        Assert.Equal(Allowed.Keys.Order(), placed.Order());
    }

    [Theory]
    [InlineData("using Busbar.Gateway;", "Gateway")]
    [InlineData("global using static Busbar.Wire.Json.JsonSyntax;", "Wire")]
    [InlineData("    private readonly Wire.Json.JsonTape _tape;", "Wire")]
    [InlineData("    private readonly Wire.PooledBuffer _buffer;", "Wire")]
    [InlineData("    return global::Busbar.Upstream.Call.Send();", "Upstream")]
    public void A_mention_is_seen_however_it_is_spelled(string code, string folder) =>
        Assert.Equal(folder, Mention.Match(code).Groups["folder"].Value);

    [Fact]
    public void A_property_named_like_a_folder_is_no_mention()
        => Assert.DoesNotMatch(Mention, "{ Governance.Enabled: true } or { Auth.Mode: AuthMode.None }");

    private static string ShortForm((string Path, string Code) file) =>
        $@"(?<folder>{SourceTree.FolderOf(file.Path)})\.(?:\w+\.)*{Regex.Escape(Path.GetFileName(file.Path).Split('.')[0])}";
}
