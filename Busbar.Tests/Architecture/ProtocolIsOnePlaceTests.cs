using System.Text.RegularExpressions;
using Busbar.Ir;

namespace Busbar.Tests.Architecture;

/// <summary>What the product knows of a protocol stands in the protocol's folder; elsewhere it asks.</summary>
public sealed partial class ProtocolIsOnePlaceTests
{
    /// <summary>
    /// Files outside that name protocols, and how often. Numbers only fall, and no file joins them. Configuration lies below the protocols and cannot
    /// ask them; the demo tells a story of two of them.
    /// </summary>
    private static readonly Dictionary<string, int> Allowed = new()
    {
        ["Configuration/Binding/Sections/PlatformBinder.cs"] = 8,
        ["Configuration/Binding/PriceCatalog.cs"] = 1,
        ["Configuration/Binding/Sections/ProviderBinder.cs"] = 1,
        ["Demo/DemoTour.cs"] = 7,
        ["Demo/SimulatedAnswer.cs"] = 3,
        ["Demo/SimulatedProviders.cs"] = 2,
    };

    [Fact]
    public void A_protocol_is_named_in_its_folder_alone()
    {
        IEnumerable<KeyValuePair<string, int>> named = SourceTree.Files.Where(file => !OwnFolder().IsMatch(file.Path))
            .Select(file => KeyValuePair.Create(file.Path, Named().Count(file.Code))).Where(file => file.Value > 0);

        Assert.Equal(Allowed.OrderBy(file => file.Key), named.OrderBy(file => file.Key));
    }

    [Fact]
    public void The_folders_of_protocols_have_the_files_that_all_need()
    {
        foreach (string folder in Enum.GetNames<ProtocolId>())
        {
            IEnumerable<string> files = SourceTree.Files.Select(file => file.Path)
                .Where(path => Path.GetDirectoryName(path) == $"Protocols/{folder}").Select(Path.GetFileNameWithoutExtension)!;
            Assert.Empty(((string[])[$"{folder}Protocol", "ClientPaths", "Forms", "ErrorReader", "RequestReader", "RequestWriter", "ResponseReader",
                "ResponseWriter", "StopReasons", "StreamReader", "StreamWriter", "StreamTap", "UsageFields"]).Except(files));
        }
    }

    [Fact]
    public void Each_protocol_keeps_what_it_knows_of_content_and_tools_in_folders_of_these_names()
    {
        foreach (string folder in Enum.GetNames<ProtocolId>())
        {
            Assert.Contains(SourceTree.Files, file => Path.GetDirectoryName(file.Path) == $"Protocols/{folder}/Content");
            Assert.Contains(SourceTree.Files, file => Path.GetDirectoryName(file.Path) == $"Protocols/{folder}/Tools");
        }
    }

    [Fact]
    public void A_folder_of_a_protocol_is_used_by_protocols_alone() =>
        Assert.Empty(
            from file in SourceTree.Files
            where !file.Path.StartsWith("Protocols/", StringComparison.Ordinal) && Inside().IsMatch(file.Code)
            select file.Path);

    [GeneratedRegex(@"\bProtocols\.(?:Anthropic|OpenAI|Responses|Gemini|Bedrock|Cohere)\b|\b(?:Anthropic|OpenAI|Responses|Gemini|Bedrock|Cohere)Protocol\b")]
    private static partial Regex Inside();

    [GeneratedRegex(@"\bProtocolId\.(?:Anthropic|OpenAI|Responses|Gemini|Bedrock|Cohere)\b")]
    private static partial Regex Named();

    [GeneratedRegex(@"^Protocols/(?:Anthropic|OpenAI|Responses|Gemini|Bedrock|Cohere)/")]
    private static partial Regex OwnFolder();
}
