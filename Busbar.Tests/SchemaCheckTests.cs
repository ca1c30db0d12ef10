using System.Text;

namespace Busbar.Tests;

public sealed class SchemaCheckTests
{
    private const string File = "anthropic-messages.schema.json";

    [SkippableTheory]
    [InlineData("""{"type":"text","text":"a"}""", true)]
    [InlineData("""{"type":"text"}""", false)]
    [InlineData("""{"type":"text","text":1}""", false)]
    [InlineData("""{"type":"image","text":"a"}""", false)]
    [InlineData("""{"type":"text","text":"a","citations":[{"type":"nonsense"}]}""", false)]
    public void A_value_is_valid_only_if_it_satisfies_every_keyword(string json, bool isValid)
    {
        Skip.IfNot(Corpus.Exists);

        IReadOnlyList<string> faults = SchemaCheck.Validate(File, "#/$defs/TextBlock", Encoding.UTF8.GetBytes(json));

        Assert.Equal(isValid, faults.Count == 0);
    }
}
