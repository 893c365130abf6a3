export default "ÿþ"
